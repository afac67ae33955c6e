/** Every command and what it does: kept apart from their options, which take a while to load. */
export const COMMAND_SUMMARIES = {
  add: 'bans addresses',
  del: 'lifts bans',
  why: 'asks every firewall what it knows about an address',
  protect: "changes and lists the fleet's protect list",
  sync: 'keeps the bans of an origin equal to a list',
  import: 'shares the bans that fail2ban holds',
  spool: 'lists what waits for the broker',
  flush: 'delivers what waits for the broker',
  doctor: 'says whether bans from here would get through',
} as const;

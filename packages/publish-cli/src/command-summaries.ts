/** Every command and what it does: kept apart from their options, which take a while to load. */
export const COMMAND_SUMMARIES = {
  add: 'bans addresses',
  del: 'lifts bans',
  why: 'asks every firewall what it knows of an address',
  sync: 'keeps bans in step with a list',
  import: 'shares the bans that fail2ban holds',
  doctor: 'says whether bans from here would get through',
} as const;

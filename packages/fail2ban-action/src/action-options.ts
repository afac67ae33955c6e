/** What can be chosen when the action is made; all but `command` also later, in jail.local. */
export interface ActionOptions {
  /** How vallum-pub is called; may be a path, or a program and its first arguments. */
  readonly command?: string;
  /** The kernel set. */
  readonly set?: string;
  /** In whose name; must differ between hosts and between jails. fail2ban's tags may stand in it. */
  readonly origin?: string;
  readonly reason?: string;
  /** How long vallum-pub goes without an answer from the broker, such as `5s`. */
  readonly wait?: string;
  /** fail2ban's database, or `none`. */
  readonly db?: string;
}

export const defaultActionOptions: Required<ActionOptions> = {
  command: 'vallum-pub',
  set: 'blacklist',
  // Tags of fail2ban 0.10 and later: the host's full name and the jail's.
  origin: '<fq-hostname>.<name>',
  reason: 'fail2ban <name>',
  wait: '2s',
  db: '/var/lib/fail2ban/fail2ban.sqlite3',
};

import { type Failure, type Result } from '@vallum/core';
import { parseOrigin } from '@vallum/core/protocol';
import { quote } from '@vallum/options';

/** What fail2ban's database says: `jail`, `ip`, `timeofban` and `bantime` of each of its bans. */
export interface Fail2banBans {
  /** What fail2ban calls this host: `<fq-hostname>`. */
  readonly host: string;
  /** Those that are enabled. */
  readonly jails: readonly string[];
  readonly bans: readonly (readonly [jail: string, ip: string, time: number, length: number])[];
}

export interface ImportChoice {
  /** In place of the host's name: what the origins begin with. */
  readonly origin: string | undefined;
  /** The whole origin, of the one jail. */
  readonly as?: string | undefined;
  /** Empty: all. */
  readonly jails: readonly string[];
  /** In place of the action's own words. */
  readonly reason: string | undefined;
  readonly nowSeconds: number;
}

/** fail2ban's length of a ban without an end. */
const FOREVER = -1;

/**
 * Makes leases of bans, as the action would have: the same origin, so that fail2ban lifts them when it
 * unbans; the same end; and the stamp of the ban itself, so that whatever came after it stays.
 *
 * @returns a list: an entry as JSON a line; or what is wrong with a jail
 */
export function importBans(
  source: Fail2banBans,
  { origin: prefix = source.host, as, jails, nowSeconds, reason }: ImportChoice,
): Result<string[], 'bad-jail'> {
  if (source.jails.length === 0) {
    return bad('fail2ban has no enabled jail; it is probably stopped: start it, and try again');
  }
  const origins = new Map<string, string>();
  for (const jail of jails.length > 0 ? jails : source.jails) {
    if (!source.jails.includes(jail)) {
      return bad(
        `fail2ban has no jail ${quote(jail)} that is enabled; it has ${source.jails.map(quote).join(', ')}`,
      );
    }
    const name = as ?? `${prefix}.${jail}`;
    const origin = parseOrigin(name);
    if (!origin.ok) {
      return bad(
        `the bans of jail ${quote(jail)} cannot be in the name of ${quote(name)}: ` +
          `${origin.detail}; --origin names another host, --jail chooses jails`,
      );
    }
    origins.set(jail, origin.value);
  }

  const lines: string[] = [];
  for (const [jail, address, time, length] of source.bans) {
    const origin = origins.get(jail);
    if (origin === undefined) continue;
    const until = length === FOREVER ? 'never' : time + length;
    if (until !== 'never' && until <= nowSeconds) continue;
    const because = reason ?? `fail2ban ${jail}`;
    lines.push(JSON.stringify({ address, until, origin, at: 1000 * time, reason: because }));
  }
  return { ok: true, value: lines };
}

function bad(detail: string): Failure<'bad-jail'> {
  return { ok: false, reason: 'bad-jail', detail };
}

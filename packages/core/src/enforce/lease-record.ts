import { addressTextAt } from '../address/address-columns.js';
import type { AddressText } from '../address/address.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { endOf } from '../lease/register.js';
import { AS_THE_SET_SAYS, BAN, NEVER, OWN_STAMP } from '../message/entry-columns.js';
import type { Until } from '../message/command.js';
import type { SetName } from '../words/names.js';

/** One thing that the ledger knows of an address, as people and programs are shown it. */
export interface LeaseRecord {
  /** As in the topic's binding; IPv6 addresses stand under it too. */
  readonly set: SetName;
  readonly address: AddressText;
  /**
   * `lease`: the origin asks for a ban. `withdrawal`: it has ended its own. `sweep`: an anonymous unban,
   * which ended all leases that were older.
   */
  readonly kind: 'lease' | 'withdrawal' | 'sweep';
  /** '' for an anonymous lease, and for a sweep. */
  readonly origin: string;
  /**
   * Of a lease: Unix seconds, or `never`; `default` while it is not known what the set makes of a ban that
   * names no end.
   */
  readonly until?: Until;
  /** Of a lease: it has not ended. */
  readonly live: boolean;
  /** When it was asked for, Unix milliseconds. */
  readonly stampMs: number;
  /** The stamp is this node's own, since the publisher gave none. */
  readonly ownStamp: boolean;
  readonly reason?: string;
  /** Where leases are listed: what the policy of the set makes of the address's ban here, for people. */
  readonly policy?: string;
}

/** @param nowUnix seconds: what ends by then does not live */
export function leaseRecordAt(
  set: SetName,
  columns: RegisterColumns,
  index: number,
  nowUnix: number,
): LeaseRecord {
  const origin = columns.originNames[columns.origins[index] ?? 0] ?? '';
  const until = columns.untils[index] ?? 0;
  const reason = columns.reasonTexts[columns.reasons[index] ?? 0] ?? '';
  const isLease = columns.actions[index] === BAN;
  return {
    set,
    address: addressTextAt(columns, index),
    kind: isLease ? 'lease' : origin === '' ? 'sweep' : 'withdrawal',
    origin,
    ...(isLease
      ? { until: until === NEVER ? 'never' : until === AS_THE_SET_SAYS ? 'default' : until }
      : {}),
    live: isLease && endOf(until) > nowUnix,
    stampMs: columns.stamps[index] ?? 0,
    ownStamp: ((columns.flags[index] ?? 0) & OWN_STAMP) !== 0,
    ...(reason === '' ? {} : { reason }),
  };
}

/** What lives first, what lasts longest of that, and then the youngest. */
export function compareRecords(one: LeaseRecord, other: LeaseRecord): number {
  return (
    Number(other.live) - Number(one.live) ||
    compare(endOfRecord(other), endOfRecord(one)) ||
    other.stampMs - one.stampMs
  );
}

function endOfRecord({ live, until }: LeaseRecord): number {
  if (!live) return 0;
  return typeof until === 'number' ? until : NEVER;
}

/** Infinity - Infinity is no number. */
function compare(one: number, other: number): number {
  return one === other ? 0 : one > other ? 1 : -1;
}

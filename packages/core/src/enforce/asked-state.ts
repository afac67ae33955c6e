import { addressColumns } from '../address/address-columns.js';
import type { Address } from '../address/address.js';
import type { Origin } from '../words/names.js';
import type { LeaseRecord } from './lease-record.js';
import { standingAt } from './standing.js';
import type { Upkeep } from './upkeep.js';

/** What is to be known already for an answer to count. */
export interface Asked {
  readonly origin?: Origin;
  /** Of what the origin asked for then, or later; Unix milliseconds. */
  readonly stampMs?: number;
}

/** How a ban, or its end, stands. */
export type AskedState =
  | { readonly state: 'done' }
  /** Nothing is known of the request, not yet or never. */
  | { readonly state: 'unknown' }
  | { readonly state: 'pending'; readonly detail: string }
  /** It will not be so, as things are. */
  | { readonly state: 'refused'; readonly code: string; readonly detail: string };

/** Whether the kernel set holds the ban of an address, as somebody has asked for. */
export function heldState(
  upkeep: Upkeep,
  address: Address,
  asked: Asked,
  nowUnix: number,
): AskedState {
  const head = upkeep.page.findAt(addressColumns(address.family, [address]), 0);
  if (head < 0) return { state: 'unknown' };
  const { records, enforcement } = standingAt(upkeep, head, 'same', nowUnix);
  if (!isKnown(records, asked)) return { state: 'unknown' };
  if (enforcement === undefined) {
    const detail = 'a younger request has lifted it, or it is over';
    return { state: 'refused', code: 'overtaken', detail };
  }
  switch (enforcement.state) {
    case 'enforced':
    case 'held-by-other':
      return { state: 'done' };
    case 'pending':
      return { state: 'pending', detail: enforcement.detail };
    case 'refused':
      return { state: 'refused', code: enforcement.code, detail: enforcement.detail };
  }
}

/** Whether the kernel set holds an address no more. */
export function goneState(
  upkeep: Upkeep,
  address: Address,
  asked: Asked,
  nowUnix: number,
): AskedState {
  const columns = addressColumns(address.family, [address]);
  const head = upkeep.page.findAt(columns, 0);
  if (head >= 0) {
    const { records } = standingAt(upkeep, head, 'same', nowUnix);
    if (!isKnown(records, asked)) return { state: 'unknown' };
    const holder = records.find(({ live }) => live);
    if (holder !== undefined) {
      const who = holder.origin === '' ? 'an anonymous lease' : `the lease of ${holder.origin}`;
      return { state: 'refused', code: 'held', detail: `${who} keeps the ban` };
    }
  }
  if (upkeep.isWanted(columns, 0) && !upkeep.observes) {
    const detail = "the set's policy, or a ban of its network, keeps it in the set";
    return { state: 'refused', code: 'held', detail };
  }
  return upkeep.mayHold(columns, 0)
    ? { state: 'pending', detail: 'it is on its way out of the set' }
    : { state: 'done' };
}

/** Whether the ledger holds what an origin has asked for, or something younger that covers it. */
function isKnown(records: readonly LeaseRecord[], { origin, stampMs }: Asked): boolean {
  if (stampMs === undefined) return true;
  return records.some(
    (record) =>
      record.stampMs >= stampMs && (record.kind === 'sweep' || record.origin === (origin ?? '')),
  );
}

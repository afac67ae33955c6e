import { addressAt, type AddressColumns } from '../address/address-columns.js';
import { maskAddress } from '../address/contain.js';
import type { Until } from '../message/command.js';
import { NEVER } from '../message/entry-columns.js';
import type { SetPolicy } from '../policy/set-policy.js';
import { describeTime } from '../words/local-time.js';
import type { Upkeep } from './upkeep.js';

const PARTS = {
  host: ['host', 'hosts'],
  detector: ['detector', 'detectors'],
  origin: ['origin', 'origins'],
} as const;

/** `1 of 2 hosts` */
export function describeOrigins(
  count: number,
  quorum: number,
  { quorumBy = 'host' }: SetPolicy,
): string {
  return `${String(count)} of ${String(quorum)} ${PARTS[quorumBy][quorum === 1 ? 0 : 1]}`;
}

/** What a set that is only observed would have done. */
export function describeObserved(action: 'ban' | 'unban', until: Until): string {
  if (action === 'unban') return 'the set is only observed; it would have been unbanned';
  return `the set is only observed; it would be banned ${describeUntil(until)}`;
}

/** What a policy has made of the ban of a row of the page: `widened to 203.0.113.0/24`. */
export function describePolicy(upkeep: Upkeep, head: number): string | undefined {
  const { page, ends } = upkeep;
  const { policy } = ends;
  const { columns } = page;
  const said: string[] = [];
  if (upkeep.rows.lengthAt(columns, head) < (columns.prefixLengths[head] ?? 0)) {
    said.push(`widened to ${upkeep.bannedAs(columns, head).text}`);
  }
  const exact = whyExact(upkeep, columns, head);
  if (exact !== undefined) said.push(`not widened, since ${exact}`);
  if (upkeep.ends.move) {
    const asked = page.end(head);
    const { end, origins, bansBefore } = upkeep.ends.decide(head);
    const { quorum = 1 } = policy;
    if (quorum > 1) said.push(`held by ${describeOrigins(origins, quorum, policy)}`);
    if (end < asked) said.push(`shortened, it lasts ${describeUntil(untilOf(end))}`);
    if (end > asked) said.push(`prolonged, it lasts ${describeUntil(untilOf(end))}`);
    if (bansBefore > 0) said.push(`banned ${describeTimes(bansBefore)} before`);
  }
  return said.length === 0 ? undefined : said.join('; ');
}

/** Why the ban of an address stands as it was asked for though the policy widens; undefined: it does not. */
function whyExact(upkeep: Upkeep, columns: AddressColumns, index: number): string | undefined {
  const { wantedWidth, cannotWiden, rows, info, set } = upkeep;
  const asked = columns.prefixLengths[index] ?? 0;
  const wanted = wantedWidth ?? asked;
  if (wanted >= asked) return undefined;
  if (cannotWiden) return `set ${info?.set ?? set} takes single addresses only`;
  if (rows.widen === undefined || rows.lengthAt(columns, index) < asked) return undefined;
  const network = maskAddress(addressAt(columns, index), wanted);
  const conflict = upkeep.conflict(network);
  if (conflict === undefined) return undefined;
  const { address, because } = conflict;
  return `${network.text} holds ${address.text}, which is protected (${because})`;
}

/** What has become here of the ban of a row of the page: as `describePolicy`, or why it is held back. */
export function describeHere(upkeep: Upkeep, head: number): string | undefined {
  const heldBack = upkeep.ends.heldBack(head);
  if (heldBack !== undefined) return heldBack.detail;
  const made = describePolicy(upkeep, head);
  if (!upkeep.observes) return made;
  return made === undefined ? 'the set is only observed' : `the set is only observed; ${made}`;
}

function describeTimes(count: number): string {
  return count === 1 ? 'once' : `${String(count)} times`;
}

/** @param end Unix seconds or `NEVER` */
export function untilOf(end: number): Until {
  return end === NEVER ? 'never' : end;
}

function describeUntil(until: Until): string {
  if (until === 'never') return 'for ever';
  if (until === 'default') return "for as long as the set's own timeout says";
  return `until ${describeTime(until)}`;
}

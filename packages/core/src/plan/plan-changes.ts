import type { AddressText } from '../address/address.js';
import { storedAddress } from '../address/stored-address.js';
import {
  MAX_TIMEOUT_SECONDS,
  type Change,
  type SetInfo,
  type SetMember,
} from '../backend/backend.js';
import { banUntil, type Ban } from '../lease/lease.js';
import type { Page } from '../ledger/ledger.js';
import type { Until } from '../message/command.js';
import { composeComment } from './compose-comment.js';

/**
 * How far a kernel timeout may stand from the ledger's end before it counts as a difference:
 * whole seconds are rounded on both sides, and listing a large set takes a while.
 */
const TIMEOUT_TOLERANCE_SECONDS = 3;

/** A ban that outlasts the kernel's longest timeout is told to the kernel again this often. */
export const RENEWAL_SECONDS = Math.floor(MAX_TIMEOUT_SECONDS / 2);

const DAY_SECONDS = 86_400;

/** What the kernel set is to be told: its timeout option, or nothing where it knows none. */
function kernelTimeout(until: Until, info: SetInfo, nowUnix: number): number | undefined {
  if (info.defaultTimeoutSeconds === undefined || until === 'default') return undefined;
  if (until === 'never') return 0;
  return Math.min(Math.max(Math.ceil(until - nowUnix), 1), MAX_TIMEOUT_SECONDS);
}

/** When a ban ends whose message left it to the set. */
export function resolveDefault(until: Until, info: SetInfo, nowUnix: number): Until {
  if (until !== 'default') return until;
  return info.defaultTimeoutSeconds ? nowUnix + info.defaultTimeoutSeconds : 'never';
}

/** When the kernel has to be told of a ban again, in Unix seconds; undefined: never. */
export function renewalUnix(ban: Ban, nowUnix: number): number | undefined {
  const until = banUntil(ban);
  const isFar = typeof until === 'number' && until - nowUnix > MAX_TIMEOUT_SECONDS;
  return isFar ? nowUnix + RENEWAL_SECONDS : undefined;
}

export function isOver(ban: Ban, nowUnix: number): boolean {
  const until = banUntil(ban);
  return typeof until === 'number' && until <= nowUnix;
}

/** The change that makes the kernel set hold a ban. */
export function planBan(ban: Ban, info: SetInfo, nowUnix: number): Change {
  const { set } = info;
  const { address } = ban;
  const timeoutSeconds = kernelTimeout(banUntil(ban), info, nowUnix);
  const change: Change =
    timeoutSeconds === undefined
      ? { op: 'add', set, address }
      : { op: 'add', set, address, timeoutSeconds };
  const comment = info.comments === true ? composeComment(ban) : undefined;
  return comment === undefined ? change : { ...change, comment };
}

/** Two bans that are one entry of a kernel set: it lasts until the longest lease of both ends. */
export function joinBans(one: Ban, other: Ban): Ban {
  return { address: one.address, leases: [...one.leases, ...other.leases] };
}

/**
 * The bans that are to be in the kernel set, by what it stores of them. A set with a netmask keeps
 * one entry for all bans of a network: it has to last as long as the longest of them.
 */
export function wantedEntries(
  bans: Iterable<Ban>,
  info: SetInfo,
  nowUnix: number,
): Map<AddressText, Ban> {
  const wanted = new Map<AddressText, Ban>();
  for (const ban of bans) {
    if (isOver(ban, nowUnix)) continue;
    const { text } = storedAddress(ban.address, info.netmask);
    const other = wanted.get(text);
    wanted.set(text, other ? joinBans(other, ban) : ban);
  }
  return wanted;
}

/**
 * The smallest list of changes that brings a kernel set to what the ledger says.
 *
 *   ledger: bans      kernel: members      to do
 *   yes               no                   add
 *   yes               yes, other timeout   add again, which sets the timeout
 *   yes               yes                  nothing: adopted
 *   yes, but over     either               nothing: whoever ends it takes it out
 *   withdrawn         yes                  delete, unless another ban is the same entry
 *   unknown           yes                  nothing: somebody else's, never touched
 */
export function planReconcile(
  page: Pick<Page, 'bans' | 'withdrawn'>,
  members: readonly SetMember[],
  info: SetInfo,
  nowUnix: number,
): Change[] {
  const held = new Map<AddressText, SetMember>();
  for (const member of members) held.set(member.address.text, member);
  const wanted = wantedEntries(page.bans.values(), info, nowUnix);
  const changes: Change[] = [];
  for (const [text, ban] of wanted) {
    const member = held.get(text);
    if (!member || differs(ban, member, info, nowUnix)) changes.push(planBan(ban, info, nowUnix));
  }
  for (const address of page.withdrawn.values()) {
    const { text } = storedAddress(address, info.netmask);
    if (held.has(text) && !wanted.has(text)) changes.push({ op: 'del', set: info.set, address });
  }
  return changes;
}

function differs(ban: Ban, member: SetMember, info: SetInfo, nowUnix: number): boolean {
  const wanted = kernelTimeout(banUntil(ban), info, nowUnix);
  if (wanted === undefined) return false;
  const found = member.timeoutSeconds ?? 0;
  if (wanted === 0 || found === 0) return wanted !== found;
  // As long as the kernel can count, and it lives to see its renewal.
  if (renewalUnix(ban, nowUnix) !== undefined && found > RENEWAL_SECONDS + DAY_SECONDS)
    return false;
  return Math.abs(wanted - found) > TIMEOUT_TOLERANCE_SECONDS;
}

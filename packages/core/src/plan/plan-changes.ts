import { addressWidth, type Address, type AddressText } from '../address/address.js';
import { maskAddress } from '../address/contain.js';
import { addressFromBytes } from '../address/from-bytes.js';
import {
  MAX_TIMEOUT_SECONDS,
  type Change,
  type SetInfo,
  type SetMember,
} from '../backend/backend.js';
import { banUntil, type Ban } from '../ledger/lease.js';
import type { Page } from '../ledger/ledger.js';
import type { Until } from '../message/command.js';

/**
 * How far a kernel timeout may stand from the ledger's end before it counts as a difference:
 * whole seconds are rounded on both sides, and listing a large set takes a while.
 */
const TIMEOUT_TOLERANCE_SECONDS = 3;

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

/** The change that makes the kernel set hold a ban. */
export function planBan(ban: Ban, info: SetInfo, nowUnix: number): Change {
  const timeoutSeconds = kernelTimeout(banUntil(ban), info, nowUnix);
  return {
    op: 'add',
    set: info.set,
    address: ban.address,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}

/**
 * The smallest list of changes that brings a kernel set to what the ledger says.
 *
 *   ledger: bans      kernel: members      to do
 *   yes               no                   add
 *   yes               yes, other timeout   add again, which sets the timeout
 *   yes               yes                  nothing: adopted
 *   withdrawn         yes                  delete
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
  const changes: Change[] = [];
  for (const ban of page.bans.values()) {
    const member = held.get(storedText(ban.address, info));
    if (!member || differs(ban, member, info, nowUnix)) changes.push(planBan(ban, info, nowUnix));
  }
  for (const address of page.withdrawn.values()) {
    if (held.has(storedText(address, info))) changes.push({ op: 'del', set: info.set, address });
  }
  return changes;
}

/** A set with a netmask lists `192.0.2.0` for 192.0.2.7 in a /24. */
function storedText(address: Address, info: SetInfo): AddressText {
  if (info.netmask === undefined || info.netmask >= address.prefixLength) return address.text;
  const { family, bytes } = maskAddress(address, info.netmask);
  return addressFromBytes(family, bytes, addressWidth(family)).text;
}

function differs(ban: Ban, member: SetMember, info: SetInfo, nowUnix: number): boolean {
  const wanted = kernelTimeout(banUntil(ban), info, nowUnix);
  if (wanted === undefined) return false;
  const found = member.timeoutSeconds ?? 0;
  if (wanted === 0 || found === 0) return wanted !== found;
  return Math.abs(wanted - found) > TIMEOUT_TOLERANCE_SECONDS;
}

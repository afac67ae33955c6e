import type { Policy } from './policy.js';
import { createProtectList, type ProtectedEntry, type ProtectList } from './protect-list.js';

/**
 * What one policy protects and the other does not, where that is all in which they differ: no other ban
 * is decided in another way. What is protected for another reason than before is no difference.
 *
 * @returns undefined where they differ in something else
 */
export function changedProtection(before: Policy, next: Policy): ProtectList | undefined {
  const isSameOtherwise =
    before.maxCover === next.maxCover &&
    before.minPrefixLength.ipv4 === next.minPrefixLength.ipv4 &&
    before.minPrefixLength.ipv6 === next.minPrefixLength.ipv6;
  if (!isSameOtherwise) return undefined;
  return createProtectList([...beyond(before, next), ...beyond(next, before)]);
}

/** Entries of one that the other has not. */
function beyond(one: Policy, other: Policy): ProtectedEntry[] {
  const known = new Set(other.protectList.entries.map(({ address }) => address.text));
  return one.protectList.entries.filter(({ address }) => !known.has(address.text));
}

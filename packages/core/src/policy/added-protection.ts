import { isSingleAddress, type Address } from '../address/address.js';
import type { Policy } from './policy.js';

/**
 * The single addresses that one policy protects beyond another, where that is all in which they differ.
 *
 * @returns undefined where they differ in something else
 */
export function addedProtection(before: Policy, next: Policy): Address[] | undefined {
  const isSameOtherwise =
    before.maxCover === next.maxCover &&
    before.minPrefixLength.ipv4 === next.minPrefixLength.ipv4 &&
    before.minPrefixLength.ipv6 === next.minPrefixLength.ipv6;
  if (!isSameOtherwise) return undefined;
  const known = textsOf(before);
  const kept = textsOf(next);
  for (const text of known) if (!kept.has(text)) return undefined;
  const added: Address[] = [];
  for (const { address } of next.protectList.entries) {
    if (known.has(address.text)) continue;
    if (!isSingleAddress(address)) return undefined;
    added.push(address);
  }
  return added;
}

function textsOf({ protectList }: Policy): Set<string> {
  return new Set(protectList.entries.map(({ address }) => address.text));
}

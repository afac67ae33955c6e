import type { Family } from '../address/address.js';
import { VallumError } from '../words/errors.js';
import { createProtectList, type ProtectedEntry, type ProtectList } from './protect-list.js';
import type { PolicyOptions } from './policy-options.js';

/** What may be banned here. */
export interface Policy {
  readonly protectList: ProtectList;
  /** Shortest prefix that may be banned. */
  readonly minPrefixLength: Readonly<Record<Family, number>>;
  /** The share of a family's address space that one set may cover, 0 to 1; 1 is no limit. */
  readonly maxCover: number;
  /** What a lease asks for, for messages. Default `banned`. */
  readonly verb?: 'banned' | 'protected';
}

/** What nodes take unless told otherwise. */
export const DEFAULT_MIN_PREFIX = { ipv4: 16, ipv6: 32 } as const;

/** What share of a family's address space one set covers at most, unless nodes are told otherwise. */
export const DEFAULT_MAX_COVER = 0.25;

/** @throws VallumError `INVALID_ARGUMENT` for numbers that are none, or outside of their range */
export function createPolicy(
  { minPrefixLength, maxCover = DEFAULT_MAX_COVER }: PolicyOptions,
  entries: readonly ProtectedEntry[],
): Policy {
  const shortest = {
    ipv4: minPrefixLength?.ipv4 ?? DEFAULT_MIN_PREFIX.ipv4,
    ipv6: minPrefixLength?.ipv6 ?? DEFAULT_MIN_PREFIX.ipv6,
  };
  // A number that is none compares as false with everything, and would allow all.
  check('minPrefixLength.ipv4', Number.isInteger(shortest.ipv4), shortest.ipv4, 32);
  check('minPrefixLength.ipv6', Number.isInteger(shortest.ipv6), shortest.ipv6, 128);
  check('maxCover', Number.isFinite(maxCover), maxCover, 1);
  return { protectList: createProtectList(entries), minPrefixLength: shortest, maxCover };
}

function check(name: string, isNumber: boolean, value: number, maximum: number): void {
  if (isNumber && value >= 0 && value <= maximum) return;
  throw new VallumError(`${name} is ${String(value)}; it goes from 0 to ${String(maximum)}`, {
    code: 'INVALID_ARGUMENT',
    operation: 'read the policy',
  });
}

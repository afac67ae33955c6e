import { wordsPerAddress, writeWords } from '../address/address-columns.js';
import type { Address } from '../address/address.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { endOf } from '../lease/register.js';
import type { Page } from '../ledger/page.js';
import { BAN, NEVER } from '../message/entry-columns.js';
import { maskWords } from '../plan/mask-words.js';

/** Which records are wanted; each that is given narrows it. */
export interface LeaseFilter {
  /** Exactly this origin, '' for anonymous ones; with `*` at its end, all that begin so. */
  readonly origin?: string;
  /** Asked for at this moment or later, Unix milliseconds. */
  readonly sinceMs?: number;
  /** Leases that end by this moment, Unix seconds. */
  readonly endingBy?: number;
  /** This prefix, and what lies inside. */
  readonly within?: Address;
  /** Also what was withdrawn and what is over, as long as it is remembered. Default: what lives. */
  readonly all?: boolean;
}

/** Tells without making an object of a register. */
export type RecordMatcher = (columns: RegisterColumns, index: number, nowUnix: number) => boolean;

/** @param lasts whether the ban of an address whose lease is over goes on by the policy of its set */
export function recordMatcher(
  { family }: Page,
  filter: LeaseFilter,
  lasts: (columns: RegisterColumns, index: number) => boolean = () => false,
): RecordMatcher {
  const { origin, sinceMs = -Infinity, endingBy, within, all = false } = filter;
  const isWanted = origin === undefined ? () => true : originMatcher(origin);
  const isWithin = within === undefined ? () => true : withinMatcher(within);
  if (within !== undefined && within.family !== family) return () => false;
  return (columns, index, nowUnix) => {
    if ((columns.stamps[index] ?? 0) < sinceMs) return false;
    const isLease = columns.actions[index] === BAN;
    const end = isLease ? endOf(columns.untils[index] ?? 0) : 0;
    if (!all && end <= nowUnix && !(isLease && lasts(columns, index))) return false;
    if (endingBy !== undefined && (!isLease || end === NEVER || end > endingBy)) return false;
    return (
      isWithin(columns, index) && isWanted(columns.originNames[columns.origins[index] ?? 0] ?? '')
    );
  };
}

function originMatcher(wanted: string): (origin: string) => boolean {
  if (!wanted.endsWith('*')) return (origin) => origin === wanted;
  const start = wanted.slice(0, -1);
  return (origin) => origin.startsWith(start);
}

function withinMatcher(within: Address): (columns: RegisterColumns, index: number) => boolean {
  const count = wordsPerAddress(within.family);
  const wanted = new Uint32Array(count);
  const masked = new Uint32Array(count);
  writeWords(within, wanted, 0);
  return ({ words, prefixLengths }, index) => {
    if ((prefixLengths[index] ?? 0) < within.prefixLength) return false;
    maskWords(words, index * count, count, within.prefixLength, masked);
    return masked.every((word, part) => word === wanted[part]);
  };
}

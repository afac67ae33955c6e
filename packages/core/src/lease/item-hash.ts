/**
 * The digest's hashes. Every node must come to the same numbers, whatever its version and machine: a
 * change here makes all nodes of another version differ for ever (`item-hash.test.ts` holds samples).
 *
 * An item is hashed to two lanes of 32 bits, each stirred in a way of its own. Sums of items are taken
 * lane by lane, modulo 2³².
 */
import { AS_THE_SET_SAYS, NEVER } from '../message/entry-columns.js';

export const GROUPS = 64;
export const BUCKETS_PER_GROUP = 64;
export const BUCKETS = GROUPS * BUCKETS_PER_GROUP;

export type Lane = 0 | 1;

// Odd numbers without a pattern: digits of the golden ratio and of the square root of 2.
const FIRST_MULTIPLIER = 0x9e3779b1;
const SECOND_MULTIPLIER = 0x6a09e667;

function stir(lane: Lane, hash: number, word: number): number {
  // Two kinds of stirring, so that what collides in one lane does not in the other.
  if (lane === 0) {
    const mixed = Math.imul(hash ^ word, FIRST_MULTIPLIER);
    return mixed ^ (mixed >>> 15);
  }
  const mixed = Math.imul((hash + word) | 0, SECOND_MULTIPLIER);
  return ((mixed << 13) | (mixed >>> 19)) ^ (mixed >>> 7);
}

/** Spreads every bit over all others (the finish of MurmurHash3, which is in the public domain). */
export function spread(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * @param offset index of the address's first word
 * @param length 1 word for IPv4, 4 for IPv6, which also tells the families apart
 */
export function addressLane(
  lane: Lane,
  words: Uint32Array,
  offset: number,
  length: 1 | 4,
  prefixLength: number,
): number {
  let hash = stir(lane, length, prefixLength);
  for (let index = 0; index < length; index++) {
    hash = stir(lane, hash, words[offset + index] ?? 0);
  }
  return spread(hash);
}

/** The bucket of an address, 0…4095: its group is the upper 6 bits, its place therein the lower 6. */
export function bucketOf(firstAddressLane: number): number {
  return firstAddressLane >>> 20;
}

export function originLane(lane: Lane, origin: string): number {
  let hash = origin.length;
  for (let index = 0; index < origin.length; index++) {
    hash = stir(lane, hash, origin.charCodeAt(index));
  }
  return spread(hash);
}

// Numbers that no end has.
const OWN_STAMP_MARK = -1;
const AS_THE_SET_SAYS_MARK = -2;
const NEVER_MARK = -3;

/**
 * What an item's end counts as. A lease that the node itself stamped counts by its key alone, since
 * each node saw it at a moment of its own.
 * @param askedEnd Unix seconds, `NEVER`, or `AS_THE_SET_SAYS`, whatever the set made of that
 */
export function endMark(askedEnd: number, ownStamp: boolean): number {
  if (ownStamp) return OWN_STAMP_MARK;
  if (askedEnd === AS_THE_SET_SAYS) return AS_THE_SET_SAYS_MARK;
  return askedEnd === NEVER ? NEVER_MARK : askedEnd;
}

/** One lane of a lease's hash. */
export function itemLane(lane: Lane, address: number, origin: number, mark: number): number {
  let hash = stir(lane, address, origin);
  hash = stir(lane, hash, mark >>> 0);
  hash = stir(lane, hash, Math.floor(mark / 2 ** 32) >>> 0);
  return spread(hash);
}

/**
 * The digest's hashes. Every node must come to the same numbers, whatever its version and machine: a
 * change here makes all nodes of another version differ for ever (`item-hash.test.ts` holds samples).
 *
 * A hash has two lanes of 32 bits, each stirred in a way of its own, so that what collides in one does
 * not in the other. Sums of hashes are taken lane by lane, modulo 2³². Both lanes of a word are stirred
 * side by side, and results are written to where the caller says: a million items are hashed in 0.1 s.
 */
import { AS_THE_SET_SAYS, NEVER } from '../message/entry-columns.js';

// Looked up once: where a test runner stands in for the global object, a look costs more than the rest.
const { imul, floor } = Math;

export const GROUPS = 64;
export const BUCKETS_PER_GROUP = 64;
export const BUCKETS = GROUPS * BUCKETS_PER_GROUP;

/** Two signed numbers of 32 bits. */
export type HashLanes = Int32Array;

export function hashLanes(): HashLanes {
  return new Int32Array(2);
}

// Odd numbers without a pattern: digits of the golden ratio and of the square root of 2.
const FIRST_MULTIPLIER = 0x9e3779b1;
const SECOND_MULTIPLIER = 0x6a09e667;

function stirFirst(lane: number, word: number): number {
  const mixed = imul(lane ^ word, FIRST_MULTIPLIER);
  return mixed ^ (mixed >>> 15);
}

function stirSecond(lane: number, word: number): number {
  const mixed = imul((lane + word) | 0, SECOND_MULTIPLIER);
  return ((mixed << 13) | (mixed >>> 19)) ^ (mixed >>> 7);
}

/** Spreads every bit over all others (the finish of MurmurHash3, which is in the public domain). */
export function spread(lane: number): number {
  let mixed = imul(lane ^ (lane >>> 16), 0x85ebca6b);
  mixed = imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/**
 * @param offset index of the address's first word
 * @param length 1 word for IPv4, 4 for IPv6, which also tells the families apart
 */
export function hashAddress(
  words: Uint32Array,
  offset: number,
  length: 1 | 4,
  prefixLength: number,
  result: HashLanes,
): void {
  let first = stirFirst(length, prefixLength);
  let second = stirSecond(length, prefixLength);
  for (let index = offset; index < offset + length; index++) {
    const word = (words[index] ?? 0) | 0;
    first = stirFirst(first, word);
    second = stirSecond(second, word);
  }
  result[0] = spread(first);
  result[1] = spread(second);
}

/** The bucket of an address, 0…4095: its group is the upper 6 bits, its place therein the lower 6. */
export function bucketOf(address: HashLanes): number {
  return (address[0] ?? 0) >>> 20;
}

export function hashOrigin(origin: string, result: HashLanes): void {
  let first = origin.length;
  let second = origin.length;
  for (let index = 0; index < origin.length; index++) {
    const unit = origin.charCodeAt(index);
    first = stirFirst(first, unit);
    second = stirSecond(second, unit);
  }
  result[0] = spread(first);
  result[1] = spread(second);
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

/** The hash of a lease; `result` may be one of the others. */
export function hashItem(
  address: HashLanes,
  origin: HashLanes,
  mark: number,
  result: HashLanes,
): void {
  const low = mark | 0;
  const high = floor(mark / 2 ** 32) | 0;
  const first = stirFirst(stirFirst(stirFirst(address[0] ?? 0, origin[0] ?? 0), low), high);
  const second = stirSecond(stirSecond(stirSecond(address[1] ?? 0, origin[1] ?? 0), low), high);
  result[0] = spread(first);
  result[1] = spread(second);
}

import type { Address } from '../address/address.js';
import { wordsPerAddress, writeWords } from '../address/address-columns.js';
import { bucketOf, endMark, hashAddress, hashItem, hashLanes, hashOrigin } from './item-hash.js';
import { isLiveLease, endOf, type Register } from './register.js';
import { digestHorizon } from './remember.js';

/** What a register adds to the digest of its set. */
export interface DigestItem {
  /** 0…4095 */
  readonly bucket: number;
  /** Unsigned. */
  readonly lanes: readonly [number, number];
}

/** Leases that go on living for a while count; withdrawals, and what has ended or is about to, do not. */
export function countsInDigest(register: Register, nowUnix: number): boolean {
  return isLiveLease(register, nowUnix) && endOf(register.until) > digestHorizon(nowUnix);
}

export function digestItem(address: Address, register: Register): DigestItem {
  const length = wordsPerAddress(address.family);
  const words = new Uint32Array(length);
  writeWords(address, words, 0);
  const hash = hashLanes();
  hashAddress(words, 0, length, address.prefixLength, hash);
  const bucket = bucketOf(hash);
  const origin = hashLanes();
  hashOrigin(register.origin, origin);
  hashItem(hash, origin, endMark(register.asked, register.ownStamp), hash);
  return { bucket, lanes: [(hash[0] ?? 0) >>> 0, (hash[1] ?? 0) >>> 0] };
}

import type { Address } from '../address/address.js';
import { wordsPerAddress, writeWords } from '../address/address-columns.js';
import { addressLane, bucketOf, endMark, itemLane, originLane, type Lane } from './item-hash.js';
import { isLiveLease, endOf, type Register } from './register.js';
import { digestHorizon } from './remember.js';

/** What a register adds to the digest of its set. */
export interface DigestItem {
  /** 0…4095 */
  readonly bucket: number;
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
  const mark = endMark(register.asked, register.ownStamp);
  const addressHash = (lane: Lane): number =>
    addressLane(lane, words, 0, length, address.prefixLength);
  const item = (lane: Lane): number =>
    itemLane(lane, addressHash(lane), originLane(lane, register.origin), mark);
  return { bucket: bucketOf(addressHash(0)), lanes: [item(0), item(1)] };
}

import { wordsPerAddress } from '../address/address-columns.js';
import {
  bucketOf,
  hashAddress,
  hashItem,
  hashLanes,
  hashOrigin,
  type HashLanes,
} from '../lease/item-hash.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { endOf } from '../lease/register.js';
import { digestHorizon } from '../lease/remember.js';
import { AS_THE_SET_SAYS, BAN, NEVER, NO_END_NAMED, OWN_STAMP } from '../message/entry-columns.js';

/** Bytes of a fingerprint in a list. */
export const FINGERPRINT_BYTES = 6;

// Marks that no time is.
const OWN_COUNTED = -11;
const OWN_NOT_COUNTED = -12;
const AS_THE_SET_SAYS_MARK = -15;
const NEVER_MARK = -16;

// In place of an origin.
const NOTHING: HashLanes = /* @__PURE__ */ Int32Array.of(0, 0);
const WITHDRAWAL: HashLanes = /* @__PURE__ */ Int32Array.of(-13, -13);
const SWEEP: HashLanes = /* @__PURE__ */ Int32Array.of(-14, -14);

/** Stamps have fractions; as whole numbers they are hashed without loss. */
const STAMP_SCALE = 4_096;

/**
 * 48 bits that tell what a register says, so that two nodes send each other only what the other lacks.
 * The salt is another one in every pull: two registers that look alike in one do not in the next.
 *
 * A lease that a node itself stamped is the same as another node's of its key, as in the digest, as long
 * as both count there. Everything else is told apart by all that it says.
 */
export class Fingerprints {
  readonly #columns: RegisterColumns;
  readonly #perAddress: 1 | 4;
  readonly #salt: number;
  readonly #horizon: number;
  readonly #origins: HashLanes[] = [];
  readonly #reasons: HashLanes[] = [];
  readonly #result = hashLanes();

  /** @param salt 0 to 2^32 - 1 */
  constructor(columns: RegisterColumns, salt: number, nowMs: number) {
    this.#columns = columns;
    this.#perAddress = wordsPerAddress(columns.family);
    this.#salt = salt;
    this.#horizon = digestHorizon(nowMs / 1000);
  }

  at(index: number): number {
    this.#hash(index);
    return joined(this.#result);
  }

  /** The same of its address and origin alone. */
  keyAt(index: number): number {
    this.#hashKey(index);
    return joined(this.#result);
  }

  #hashKey(index: number): void {
    const { words, prefixLengths, origins, originNames } = this.#columns;
    const result = this.#result;
    const offset = this.#perAddress * index;
    hashAddress(words, offset, this.#perAddress, prefixLengths[index] ?? 0, result);
    hashItem(result, textHash(this.#origins, originNames, origins[index] ?? 0), this.#salt, result);
  }

  #hash(index: number): void {
    const { origins, actions, flags, untils, stamps, reasons, reasonTexts } = this.#columns;
    this.#hashKey(index);
    const result = this.#result;
    const flag = flags[index] ?? 0;
    const until = untils[index] ?? 0;
    const stamp = STAMP_SCALE * (stamps[index] ?? 0);
    if (actions[index] !== BAN) {
      hashItem(result, origins[index] === 0 ? SWEEP : WITHDRAWAL, stamp, result);
      return;
    }
    if ((flag & OWN_STAMP) !== 0) {
      const mark = endOf(until) > this.#horizon ? OWN_COUNTED : OWN_NOT_COUNTED;
      hashItem(result, NOTHING, mark, result);
      return;
    }
    const asked = (flag & NO_END_NAMED) === 0 ? until : AS_THE_SET_SAYS;
    const end = asked === AS_THE_SET_SAYS ? AS_THE_SET_SAYS_MARK : asked;
    const reason = textHash(this.#reasons, reasonTexts, reasons[index] ?? 0);
    hashItem(result, reason, end === NEVER ? NEVER_MARK : end, result);
    hashItem(result, NOTHING, stamp, result);
  }
}

function joined([first = 0, second = 0]: HashLanes): number {
  return (first >>> 0) * 0x1_0000 + (second & 0xffff);
}

/** In a list nearly all are alike. */
function textHash(known: HashLanes[], texts: readonly string[], index: number): HashLanes {
  let lanes = known[index];
  if (lanes === undefined) {
    lanes = hashLanes();
    hashOrigin(texts[index] ?? '', lanes);
    known[index] = lanes;
  }
  return lanes;
}

/** The bucket of the digest that an entry's address is in: 0…4095. */
export function bucketAt(columns: RegisterColumns, index: number): number {
  const perAddress = wordsPerAddress(columns.family);
  const prefixLength = columns.prefixLengths[index] ?? 0;
  const address = hashLanes();
  hashAddress(columns.words, perAddress * index, perAddress, prefixLength, address);
  return bucketOf(address);
}

export function fingerprintBytes(fingerprints: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(FINGERPRINT_BYTES * fingerprints.length);
  const view = new DataView(bytes.buffer);
  fingerprints.forEach((fingerprint, index) => {
    const offset = FINGERPRINT_BYTES * index;
    view.setUint16(offset, fingerprint % 0x1_0000, true);
    view.setUint32(offset + 2, Math.floor(fingerprint / 0x1_0000), true);
  });
  return bytes;
}

export function readFingerprints(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fingerprints: number[] = [];
  for (let at = 0; at + FINGERPRINT_BYTES <= bytes.length; at += FINGERPRINT_BYTES) {
    fingerprints.push(view.getUint32(at + 2, true) * 0x1_0000 + view.getUint16(at, true));
  }
  return fingerprints;
}

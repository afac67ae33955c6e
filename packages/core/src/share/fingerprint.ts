import { wordsPerAddress } from '../address/address-columns.js';
import { addressLane, bucketOf, itemLane, originLane, type Lane } from '../lease/item-hash.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { endOf } from '../lease/register.js';
import { digestHorizon } from '../lease/remember.js';
import { AS_THE_SET_SAYS, BAN, NEVER, NO_END_NAMED, OWN_STAMP } from '../message/entry-columns.js';

/** Bytes of a fingerprint in a list. */
export const FINGERPRINT_BYTES = 6;

// Marks that no time is.
const OWN_COUNTED = -11;
const OWN_NOT_COUNTED = -12;
const WITHDRAWAL = -13;
const SWEEP = -14;
const AS_THE_SET_SAYS_MARK = -15;
const NEVER_MARK = -16;

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
  readonly #origins: [number[], number[]] = [[], []];
  readonly #reasons: [number[], number[]] = [[], []];

  /** @param salt 0…2³²-1 */
  constructor(columns: RegisterColumns, salt: number, nowMs: number) {
    this.#columns = columns;
    this.#perAddress = wordsPerAddress(columns.family);
    this.#salt = salt;
    this.#horizon = digestHorizon(nowMs / 1000);
  }

  at(index: number): number {
    return joined(this.#lane(0, index), this.#lane(1, index));
  }

  /** The same of its address and origin alone. */
  keyAt(index: number): number {
    return joined(this.#key(0, index), this.#key(1, index));
  }

  #key(lane: Lane, index: number): number {
    const { words, prefixLengths, origins, originNames } = this.#columns;
    const offset = this.#perAddress * index;
    const prefixLength = prefixLengths[index] ?? 0;
    const address = addressLane(lane, words, offset, this.#perAddress, prefixLength);
    const origin = textLane(this.#origins[lane], lane, originNames, origins[index] ?? 0);
    return itemLane(lane, address, origin, this.#salt);
  }

  #lane(lane: Lane, index: number): number {
    const { origins, actions, flags, untils, stamps } = this.#columns;
    const key = this.#key(lane, index);
    const flag = flags[index] ?? 0;
    const until = untils[index] ?? 0;
    if (actions[index] !== BAN) {
      const kind = origins[index] === 0 ? SWEEP : WITHDRAWAL;
      return itemLane(lane, key, kind, STAMP_SCALE * (stamps[index] ?? 0));
    }
    if ((flag & OWN_STAMP) !== 0) {
      return itemLane(lane, key, 0, endOf(until) > this.#horizon ? OWN_COUNTED : OWN_NOT_COUNTED);
    }
    const asked = (flag & NO_END_NAMED) === 0 ? until : AS_THE_SET_SAYS;
    const end = asked === AS_THE_SET_SAYS ? AS_THE_SET_SAYS_MARK : asked;
    const said = itemLane(lane, key, this.#reason(lane, index), end === NEVER ? NEVER_MARK : end);
    return itemLane(lane, said, 0, STAMP_SCALE * (stamps[index] ?? 0));
  }

  #reason(lane: Lane, index: number): number {
    const { reasons, reasonTexts } = this.#columns;
    return textLane(this.#reasons[lane], lane, reasonTexts, reasons[index] ?? 0);
  }
}

function joined(first: number, second: number): number {
  return first * 0x1_0000 + (second & 0xffff);
}

/** In a list nearly all are alike. */
function textLane(known: number[], lane: Lane, texts: readonly string[], index: number): number {
  return (known[index] ??= originLane(lane, texts[index] ?? ''));
}

/** The bucket of the digest that an entry's address is in: 0…4095. */
export function bucketAt(columns: RegisterColumns, index: number): number {
  const perAddress = wordsPerAddress(columns.family);
  const prefixLength = columns.prefixLengths[index] ?? 0;
  return bucketOf(addressLane(0, columns.words, perAddress * index, perAddress, prefixLength));
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

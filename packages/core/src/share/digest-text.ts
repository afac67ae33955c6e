/** Digests and bitmaps as the text that goes into JSON. */
import { BUCKETS, BUCKETS_PER_GROUP, GROUPS } from '../lease/item-hash.js';
import type { Digest, Lanes } from '../ledger/digest.js';

const BYTES_PER_LANES = 8;
export const BYTES_OF_GROUPS = BYTES_PER_LANES * GROUPS;
export const BYTES_OF_BUCKETS = BYTES_PER_LANES * BUCKETS_PER_GROUP;

/** The digest of no lease. */
export const NOTHING = '0'.repeat(16);

/** `0f3a…`: 16 hexadecimal digits, the first lane in front. */
export function wholeText([first, second]: Lanes): string {
  return hex(first) + hex(second);
}

function hex(lane: number): string {
  return lane.toString(16).padStart(8, '0');
}

export function isWholeText(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{16}$/.test(text);
}

/** All group digests: eight bytes each, little-endian. */
export function groupBytes(digest: Digest): Uint8Array {
  return lanesBytes(GROUPS, (group) => digest.group(group));
}

/** The bucket digests of one group. */
export function bucketBytes(digest: Digest, group: number): Uint8Array {
  return lanesBytes(BUCKETS_PER_GROUP, (bucket) => digest.bucket(group, bucket));
}

function lanesBytes(count: number, at: (index: number) => Lanes): Uint8Array {
  const bytes = new Uint8Array(BYTES_PER_LANES * count);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < count; index++) {
    const [first, second] = at(index);
    view.setUint32(BYTES_PER_LANES * index, first, true);
    view.setUint32(BYTES_PER_LANES * index + 4, second, true);
  }
  return bytes;
}

/** Which of the digests in two such lists differ, by index. */
export function differing(one: Uint8Array, other: Uint8Array): number[] {
  const indexes: number[] = [];
  for (let start = 0; start < one.length; start += BYTES_PER_LANES) {
    for (let at = start; at < start + BYTES_PER_LANES; at++) {
      if (one[at] === other[at]) continue;
      indexes.push(start / BYTES_PER_LANES);
      break;
    }
  }
  return indexes;
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** @returns undefined where it is no base64 of `least` to `most` bytes */
export function fromBase64(text: unknown, least: number, most: number): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length > 4 * Math.ceil(most / 3)) return undefined;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  return bytes.length >= least && bytes.length <= most ? bytes : undefined;
}

/** A bit each, the lowest of a byte first. */
export function bitmapBytes(flags: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  for (let index = 0; index < flags.length; index++) {
    if (flags[index] === 1) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bytes;
}

export function flagsOf(bitmap: Uint8Array, length = BUCKETS): Uint8Array {
  const flags = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    flags[index] = ((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1;
  }
  return flags;
}

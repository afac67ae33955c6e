import type { Address } from '../../address/address.js';
import type { TimeSlice } from '../../netlink/index.js';

/** The clock is looked at once for so many. */
const STEP = 1024;

/**
 * Sorts by first address, the wider prefix first, and what concerns the same prefix in the order it
 * came in. Byte by byte from the last (radix sort): 200,000 IPv4 prefixes take 30 ms, a tenth of
 * what comparing takes, and the event loop goes on in between.
 *
 * @param changes all of one family
 * @returns their places in order
 */
export async function sortPrefixes(
  changes: readonly { readonly address: Address }[],
  slice: TimeSlice,
): Promise<Uint32Array> {
  const { length } = changes;
  let order = new Uint32Array(length);
  for (let place = 0; place < length; place++) order[place] = place;
  const [first] = changes;
  if (first === undefined || length === 1) return order;
  const width = first.address.bytes.length;
  const keys = new Uint8Array(length * (width + 1));
  for (let start = 0; start < length; start += STEP) {
    writeKeys(changes, start, keys, width);
    if (slice.isOver) await slice.breathe();
  }
  let other = new Uint32Array(length);
  for (let digit = width; digit >= 0; digit--) {
    if (!sortByDigit(keys, width + 1, digit, order, other)) continue;
    [order, other] = [other, order];
    if (slice.isOver) await slice.breathe();
  }
  return order;
}

/** Writes the address and, behind it, the prefix length of the next `STEP`. */
function writeKeys(
  changes: readonly { readonly address: Address }[],
  start: number,
  keys: Uint8Array,
  width: number,
): void {
  const end = Math.min(start + STEP, changes.length);
  for (let place = start; place < end; place++) {
    const change = changes[place];
    if (change === undefined) continue;
    const { bytes, prefixLength } = change.address;
    const key = place * (width + 1);
    for (let index = 0; index < width; index++) keys[key + index] = bytes[index] ?? 0;
    keys[key + width] = prefixLength;
  }
}

/**
 * @param from the order so far
 * @param to gets the new order
 * @returns false where all have the same digit, and `to` has nothing
 */
function sortByDigit(
  keys: Uint8Array,
  stride: number,
  digit: number,
  from: Uint32Array,
  to: Uint32Array,
): boolean {
  const starts = new Uint32Array(257);
  for (let key = digit; key < keys.length; key += stride) {
    const value = keys[key] ?? 0;
    starts[value + 1] = (starts[value + 1] ?? 0) + 1;
  }
  if (starts.includes(from.length)) return false;
  for (let value = 1; value < 256; value++) {
    starts[value] = (starts[value] ?? 0) + (starts[value - 1] ?? 0);
  }
  for (const item of from) {
    const value = keys[item * stride + digit] ?? 0;
    const next = starts[value] ?? 0;
    to[next] = item;
    starts[value] = next + 1;
  }
  return true;
}

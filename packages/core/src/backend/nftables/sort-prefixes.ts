import { wordsPerAddress, type AddressColumns } from '../../address/address-columns.js';
import type { TimeSlice } from '../../netlink/index.js';

/** The clock is looked at once for so many. */
const STEP = 1024;

/** Prefixes of one family, and which of their rows are meant. */
export interface PrefixRows {
  readonly columns: AddressColumns;
  readonly rows: Uint32Array;
}

/**
 * Sorts by first address, the wider prefix first, and what concerns the same prefix in the order it
 * came in. Byte by byte from the last (radix sort): 200,000 IPv4 prefixes take 30 ms, a tenth of
 * what comparing takes, and the event loop goes on in between.
 *
 * @returns their places in order: indices in `rows`
 */
export async function sortPrefixes(prefixes: PrefixRows, slice: TimeSlice): Promise<Uint32Array> {
  const { length } = prefixes.rows;
  let order = new Uint32Array(length);
  for (let place = 0; place < length; place++) order[place] = place;
  if (length < 2) return order;
  const width = 4 * wordsPerAddress(prefixes.columns.family);
  const keys = new Uint8Array(length * (width + 1));
  for (let start = 0; start < length; start += STEP) {
    writeKeys(prefixes, start, keys, width);
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
  { columns: { words, prefixLengths }, rows }: PrefixRows,
  start: number,
  keys: Uint8Array,
  width: number,
): void {
  const end = Math.min(start + STEP, rows.length);
  const perAddress = width / 4;
  let key = start * (width + 1);
  for (let place = start; place < end; place++) {
    const row = rows[place] ?? 0;
    for (let part = perAddress * row; part < perAddress * (row + 1); part++) {
      const word = words[part] ?? 0;
      keys[key++] = word >>> 24;
      keys[key++] = word >>> 16;
      keys[key++] = word >>> 8;
      keys[key++] = word;
    }
    keys[key++] = prefixLengths[row] ?? 0;
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

import * as zlib from 'node:zlib';

/** Below this many bytes the way into node's own function takes longer than the sum. */
const WORTH_A_CALL = 192;

// The polynomial of IEEE 802.3, reflected; eight tables, so that eight bytes are taken at a time.
const TABLES = /* @__PURE__ */ makeTables();

/** From Node 20.15 and 22.2 on. */
const native = (zlib as { crc32?: (bytes: Uint8Array, seed?: number) => number }).crc32;

/** CRC-32 as in gzip and PNG, of `bytes` from `start` up to `end`. */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  if (native === undefined || end - start < WORTH_A_CALL) return ownCrc32(bytes, start, end);
  return native(bytes.subarray(start, end));
}

export function ownCrc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    crc =
      entry(7, (crc ^ at8(bytes, at)) & 0xff) ^
      entry(6, ((crc >>> 8) ^ at8(bytes, at + 1)) & 0xff) ^
      entry(5, ((crc >>> 16) ^ at8(bytes, at + 2)) & 0xff) ^
      entry(4, (crc >>> 24) ^ at8(bytes, at + 3)) ^
      entry(3, at8(bytes, at + 4)) ^
      entry(2, at8(bytes, at + 5)) ^
      entry(1, at8(bytes, at + 6)) ^
      entry(0, at8(bytes, at + 7));
  }
  for (; at < end; at++) crc = entry(0, (crc ^ at8(bytes, at)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function at8(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

function entry(table: number, byte: number): number {
  return TABLES[(table << 8) | byte] ?? 0;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] ?? 0;
    tables[at] = (before >>> 8) ^ (tables[before & 0xff] ?? 0);
  }
  return tables;
}

/**
 * Addresses as unsigned numbers of 32 bits: one for IPv4 (192.0.2.7 is 0xc0000207), four for IPv6,
 * the most significant first. All that turns bytes into them and back stands here.
 */

/** The 32 bits at `offset`, in network byte order. */
export function wordFromBytes(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] ?? 0) << 24) |
      ((bytes[offset + 1] ?? 0) << 16) |
      ((bytes[offset + 2] ?? 0) << 8) |
      (bytes[offset + 3] ?? 0)) >>>
    0
  );
}

export function wordToBytes(word: number, bytes: Uint8Array, offset: number): void {
  bytes[offset] = word >>> 24;
  bytes[offset + 1] = word >>> 16;
  bytes[offset + 2] = word >>> 8;
  bytes[offset + 3] = word;
}

/** The bytes of an address of `count` words. */
export function bytesFromWords(words: Uint32Array, offset: number, count: 1 | 4): Uint8Array {
  const bytes = new Uint8Array(4 * count);
  for (let part = 0; part < count; part++) wordToBytes(words[offset + part] ?? 0, bytes, 4 * part);
  return bytes;
}

/** Clears what lies behind the first `bits`, of which there may be fewer than none and more than 32. */
export function maskWord(word: number, bits: number): number {
  if (bits >= 32) return word;
  return bits <= 0 ? 0 : (word & (-1 << (32 - bits))) >>> 0;
}

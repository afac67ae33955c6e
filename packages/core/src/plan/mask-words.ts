/** Writes the first bits of an address into `masked`, the others 0. */
export function maskWords(
  words: Uint32Array,
  offset: number,
  count: number,
  bits: number,
  masked: Uint32Array,
): void {
  for (let part = 0; part < count; part++) {
    const kept = Math.min(Math.max(bits - 32 * part, 0), 32);
    const mask = kept === 0 ? 0 : (0xffff_ffff << (32 - kept)) >>> 0;
    masked[part] = ((words[offset + part] ?? 0) & mask) >>> 0;
  }
}

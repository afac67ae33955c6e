/**
 * Reads four decimal numbers, as strict as `inet_pton`: no leading zeros, no short forms.
 *
 * Runs once for every entry of every message, so it looks at each byte once and makes no objects.
 *
 * @returns the address as an unsigned 32-bit number, or -1 where the bytes are none
 */
export function readIpv4(bytes: Uint8Array, start: number, end: number): number {
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let index = start; index < end; index++) {
    const code = bytes[index] ?? 0;
    if (code === DOT) {
      if (octet < 0 || dots === 3) return -1;
      address = address * 256 + octet;
      octet = -1;
      dots++;
      continue;
    }
    const digit = code - ZERO;
    // An octet that is 0 so far takes no more digits: `010` is octal to some, decimal to others.
    if (digit < 0 || digit > 9 || octet === 0) return -1;
    octet = octet < 0 ? digit : octet * 10 + digit;
    if (octet > 255) return -1;
  }
  return dots === 3 && octet >= 0 ? address * 256 + octet : -1;
}

export function formatIpv4(bytes: Uint8Array): string {
  return `${String(bytes[0])}.${String(bytes[1])}.${String(bytes[2])}.${String(bytes[3])}`;
}

/** Of an address as an unsigned number. */
export function formatIpv4Word(word: number): string {
  return `${String(word >>> 24)}.${String((word >>> 16) & 255)}.${String((word >>> 8) & 255)}.${String(word & 255)}`;
}

const DOT = 0x2e;
const ZERO = 0x30;

/**
 * Reads four decimal numbers, as strict as `inet_pton`: no leading zeros, no short forms.
 *
 * Runs once for every entry of every message, so it looks at each character once and makes no
 * objects.
 *
 * @returns the address as an unsigned 32-bit number, or -1 where the text is none
 */
export function readIpv4(text: string, start = 0, end = text.length): number {
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
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

export function ipv4Bytes(address: number): Uint8Array {
  const bytes = new Uint8Array(4);
  bytes[0] = address >>> 24;
  bytes[1] = address >>> 16;
  bytes[2] = address >>> 8;
  bytes[3] = address;
  return bytes;
}

export function formatIpv4(bytes: Uint8Array): string {
  return `${String(bytes[0])}.${String(bytes[1])}.${String(bytes[2])}.${String(bytes[3])}`;
}

const DOT = 0x2e;
const ZERO = 0x30;

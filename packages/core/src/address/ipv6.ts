import { isIPv6 } from 'node:net';
import { ipv4Bytes, readIpv4 } from './ipv4.js';

// isIPv6 also takes zone ids, and what it does with a NUL differs between versions of Node.
const IPV6_CHARACTERS = /^[0-9A-Fa-f:.]+$/;

/** Reads an IPv6 address, with or without IPv4 digits at its end, as strict as `inet_pton`. */
export function readIpv6(text: string): Uint8Array | undefined {
  if (!IPV6_CHARACTERS.test(text) || !isIPv6(text)) return undefined;
  const bytes = new Uint8Array(16);
  const gap = text.indexOf('::');
  const head = gap < 0 ? text : text.slice(0, gap);
  writeGroups(head, bytes, 0);
  if (gap >= 0) {
    const tail = text.slice(gap + 2);
    writeGroups(tail, bytes, 16 - byteLength(tail));
  }
  return bytes;
}

function byteLength(groups: string): number {
  if (groups === '') return 0;
  // `1.2.3.4` at the end stands for two groups.
  return 2 * groups.split(':').length + (groups.includes('.') ? 2 : 0);
}

function writeGroups(groups: string, bytes: Uint8Array, offset: number): void {
  if (groups === '') return;
  let at = offset;
  for (const group of groups.split(':')) {
    if (group.includes('.')) {
      bytes.set(ipv4Bytes(readIpv4(group)), at);
    } else {
      const value = parseInt(group, 16);
      bytes[at] = value >>> 8;
      bytes[at + 1] = value;
    }
    at += 2;
  }
}

/**
 * RFC 5952 section 4: lower case, no leading zeros, `::` for the longest run of two or more zero
 * groups, the first of equals. Always hexadecimal: `::102:304`, where inet_ntop writes `::1.2.3.4`.
 */
export function formatIpv6(bytes: Uint8Array): string {
  const groups: string[] = [];
  let runStart = 0;
  let run = 0;
  let gapStart = -1;
  let gap = 1;
  for (let index = 0; index < 8; index++) {
    const group = ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0);
    groups.push(group.toString(16));
    if (group !== 0) {
      run = 0;
      continue;
    }
    if (run === 0) runStart = index;
    run++;
    if (run > gap) {
      gap = run;
      gapStart = runStart;
    }
  }
  if (gapStart < 0) return groups.join(':');
  return `${groups.slice(0, gapStart).join(':')}::${groups.slice(gapStart + gap).join(':')}`;
}

/** True for `::ffff:0:0/96`, where IPv6 programs write IPv4 addresses (RFC 4291, 2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ipv4Bytes, readIpv4 } from './ipv4.js';

// isIPv6 also takes zone ids, and what it does with a NUL differs between versions of Node.
const IPV6_CHARACTERS = /^[0-9A-Fa-f:.]+$/;

/** Reads an IPv6 address, with or without IPv4 digits at its end, as strict as `inet_pton`. */
export function readIpv6(text: string): Uint8Array | undefined {
  if (!IPV6_CHARACTERS.test(text) || !isIPv6(text)) return undefined;
  return Uint8Array.from(ipaddr.IPv6.parse(withoutDots(text)).toByteArray());
}

/** ipaddr.js reads `::1.2.3.4` as `::ffff:1.2.3.4`, another host; it never gets to see dots. */
function withoutDots(text: string): string {
  if (!text.includes('.')) return text;
  const start = text.lastIndexOf(':') + 1;
  const [a = 0, b = 0, c = 0, d = 0] = ipv4Bytes(readIpv4(text.slice(start)));
  return `${text.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** RFC 5952, always hexadecimal: `::102:304`, where inet_ntop writes `::1.2.3.4`. */
export function formatIpv6(bytes: Uint8Array): string {
  return new ipaddr.IPv6([...bytes]).toRFC5952String();
}

/** True for `::ffff:0:0/96`, where IPv6 programs write IPv4 addresses (RFC 4291, 2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

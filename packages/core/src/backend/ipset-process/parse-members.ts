import type { Address, Family } from '../../address/address.js';
import { addressFromBytes } from '../../address/from-bytes.js';
import { parseAddress } from '../../address/parse.js';
import type { SetMember } from '../backend.js';

/**
 * Reads what `ipset save NAME` prints:
 *
 *     create blacklist hash:net family inet hashsize 1024 maxelem 65536 timeout 5 initval 0x536ccf2f
 *     add blacklist 198.51.100.0/24 timeout 900
 *     add blacklist 203.0.113.7 timeout 0 packets 0 bytes 0 comment "by hand"
 *     add blacklist 10.0.0.0/8 timeout 4 nomatch
 *
 * Elements that are no plain address (of set types that Vallum does not edit) are left out, and so
 * are exceptions (`nomatch`), which are the opposite of a ban.
 */
export function parseMembers(text: string): SetMember[] {
  const lines = text.split('\n');
  const family = / family inet6(?: |$)/.test(lines[0] ?? '') ? 'ipv6' : 'ipv4';
  return lines.flatMap((line) => {
    const match = /^add \S+ (\S+)(.*)$/.exec(line);
    const address = match?.[1] === undefined ? undefined : readElement(match[1], family);
    if (address === undefined) return [];
    // What an administrator wrote is not searched for options.
    const comment = / comment "(.*)"/.exec(match?.[2] ?? '')?.[1];
    const options = (match?.[2] ?? '').replace(/ comment ".*"/, '');
    if (/ nomatch(?: |$)/.test(options)) return [];
    const timeout = / timeout (\d+)/.exec(options)?.[1];
    return [
      {
        address,
        ...(timeout === undefined ? {} : { timeoutSeconds: Number(timeout) }),
        ...(comment === undefined ? {} : { comment }),
      },
    ];
  });
}

function readElement(text: string, family: Family): Address | undefined {
  const parsed = parseAddress(text);
  if (!parsed.ok) return undefined;
  const { value } = parsed;
  // `::ffff:192.0.2.7` reads as IPv4, but an IPv6 set holds it as it is written.
  return family === 'ipv6' && value.family === 'ipv4' ? mapped(value) : value;
}

function mapped(address: Address): Address {
  const bytes = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...address.bytes);
  return addressFromBytes('ipv6', bytes, address.prefixLength + 96);
}

import type { Address, Family } from '../../address/address.js';
import { addressFromBytes } from '../../address/from-bytes.js';
import { parseAddress } from '../../address/parse.js';
import type { SetMember } from '../backend.js';
import type { MemberBatches } from '../member-batches.js';

/**
 * Reads what `ipset save NAME` prints, as it comes:
 *
 *     create blacklist hash:net family inet hashsize 1024 maxelem 65536 timeout 5 initval 0x536ccf2f
 *     add blacklist 198.51.100.0/24 timeout 900
 *     add blacklist 203.0.113.7 timeout 0 packets 0 bytes 0 comment "by hand"
 *     add blacklist 10.0.0.0/8 timeout 4 nomatch
 *
 * Elements that are no plain address (of set types that Vallum does not edit) are left out.
 */
export class MemberParser {
  readonly #batches: MemberBatches;
  #family: Family | undefined;
  #rest = '';

  constructor(batches: MemberBatches) {
    this.#batches = batches;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#read(line);
  }

  #read(line: string): void {
    this.#family ??= / family inet6(?: |$)/.test(line) ? 'ipv6' : 'ipv4';
    const member = readMember(line, this.#family);
    if (member !== undefined) this.#batches.add(member);
  }
}

function readMember(line: string, family: Family): SetMember | undefined {
  const [, element, rest = ''] = /^add \S+ (\S+)(.*)$/.exec(line) ?? [];
  const address = element === undefined ? undefined : readElement(element, family);
  if (address?.family !== family) return undefined;
  if (rest === '') return { address };
  // What an administrator wrote is not searched for options.
  const comment = / comment "(.*)"/.exec(rest)?.[1];
  const options = comment === undefined ? rest : rest.replace(/ comment ".*"/, '');
  const timeout = / timeout (\d+)/.exec(options)?.[1];
  return {
    address,
    ...(timeout === undefined ? {} : { timeoutSeconds: Number(timeout) }),
    ...(comment === undefined ? {} : { comment }),
    ...(/ nomatch(?: |$)/.test(options) ? { exception: true } : {}),
  };
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

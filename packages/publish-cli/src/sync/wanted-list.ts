import {
  compareAddresses,
  containsAddress,
  Cover,
  createCommonPolicy,
  escapeForDisplay,
  type Address,
  type Family,
} from '@vallum/core';
import { explained, type BadEntry } from '../plan-messages.js';
import type { LineReader } from './list-lines.js';

/** What a list says is to be banned. */
export interface WantedList {
  /** Canonical, in order, none inside another. */
  readonly addresses: readonly string[];
  /** Left out, since a wider one or the same stands in the list too. */
  readonly repeated: number;
  /** Lines, or parts of ranges, that no node would ban. */
  readonly bad: number;
  /** Of all IPv4 addresses, and of the global IPv6 ones: 0…1. */
  readonly cover: Readonly<Record<Family, number>>;
}

export interface ReadingRules {
  /** For complaints: `drop.txt`. */
  readonly name: string;
  readonly readLine: LineReader;
  readonly minPrefixLength: Readonly<Record<Family, number>>;
}

/**
 * Reads a whole list. A bad line costs that line.
 *
 * @param complain hears of each bad line
 */
export function readWanted(
  text: string,
  { name, readLine, minPrefixLength }: ReadingRules,
  complain: (entry: BadEntry) => void,
): WantedList {
  const allowed: Address[] = [];
  const refusal = createPolicyOfAddresses(minPrefixLength);
  let bad = 0;
  let lineNumber = 0;
  for (const line of withoutMark(text).split('\n')) {
    lineNumber += 1;
    const read = readLine(line);
    const place = `${name}:${lineNumber.toString()}`;
    if (!read.ok) {
      bad += 1;
      complain({ place, input: escapeForDisplay(line.trim()), detail: read.detail });
      continue;
    }
    for (const address of read.value) {
      const detail = refusal(address);
      if (detail === undefined) {
        allowed.push(address);
        continue;
      }
      bad += 1;
      complain({ place, input: address.text, detail });
    }
  }
  const kept = widest(allowed);
  return {
    addresses: kept.map((address) => address.text),
    repeated: allowed.length - kept.length,
    bad,
    cover: { ipv4: coverOf('ipv4', kept), ipv6: coverOf('ipv6', kept) },
  };
}

/** Editors on Windows put one in front. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function createPolicyOfAddresses(minPrefixLength: ReadingRules['minPrefixLength']) {
  const policy = createCommonPolicy({ minPrefixLength });
  const words = new Uint32Array(4);
  return (address: Address): string | undefined => {
    writeWords(address, words);
    const { family, prefixLength } = address;
    const fault = policy({ family, words, prefixLength }, () => address);
    return fault === undefined ? undefined : explained(fault, address);
  };
}

function writeWords({ bytes }: Address, words: Uint32Array): void {
  for (let at = 0; at < bytes.length; at += 4) words[at / 4] = wordAt(bytes, at);
}

function wordAt(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** In order, without those that lie inside others. */
function widest(addresses: Address[]): Address[] {
  let last: Address | undefined;
  return addresses.sort(compareAddresses).filter((address) => {
    if (last !== undefined && containsAddress(last, address)) return false;
    last = address;
    return true;
  });
}

function coverOf(family: Family, addresses: readonly Address[]): number {
  const cover = new Cover(family);
  for (const address of addresses) {
    if (address.family === family) cover.add(wordAt(address.bytes, 0), address.prefixLength);
  }
  return cover.share;
}

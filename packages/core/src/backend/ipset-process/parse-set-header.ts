import type { Family } from '../../address/address.js';
import type { SetName } from '../../words/names.js';
import type { SetInfo } from '../backend.js';
import { parseBitmapRange } from '../bitmap-range.js';

/**
 * Reads what `ipset list -t NAME` prints:
 *
 *     Name: blacklist
 *     Type: hash:ip
 *     Revision: 6
 *     Header: family inet hashsize 1024 maxelem 65536 timeout 600 bucketsize 12 initval 0x259abafa
 *     Size in memory: 416
 *     References: 1
 *     Number of entries: 5
 *
 * Not every version prints `forceadd` (7.17 does not): then nobody can tell that the set evicts.
 *
 * The header of a bitmap:ip: `range 10.0.0.0-10.255.255.255 netmask 24 timeout 0`.
 *
 * @returns undefined where this is no description of a set
 */
export function parseSetHeader(set: SetName, text: string): SetInfo | undefined {
  const type = field(text, 'Type');
  const header = field(text, 'Header');
  if (type === undefined || header === undefined) return undefined;
  const options = readOptions(header);
  const timeout = count(options.get('timeout'));
  const netmask = count(options.get('netmask'));
  const maxEntries = count(options.get('maxelem'));
  const range = parseBitmapRange(options.get('range') ?? '');
  const identity = options.get('initval');
  return {
    set,
    // With `bitmask` a set stores something else than it is given: a type of its own, to Vallum.
    type: options.has('bitmask') ? `${type} bitmask` : type,
    family: familyOf(options.get('family')),
    ...(timeout === undefined ? {} : { defaultTimeoutSeconds: timeout }),
    ...(netmask === undefined ? {} : { netmask }),
    ...(range.ok ? { range: range.value } : {}),
    ...(maxEntries === undefined ? {} : { maxEntries }),
    ...(/ comment(?: |$)/.test(header) ? { comments: true } : {}),
    ...(/ forceadd(?: |$)/.test(header) ? { evicts: true } : {}),
    entries: count(field(text, 'Number of entries')) ?? 0,
    references: count(field(text, 'References')) ?? 0,
    // The hash's random seed, so it tells a set from its successor of the same name.
    ...(identity === undefined ? {} : { identity }),
  };
}

const FLAGS = new Set(['counters', 'comment', 'skbinfo', 'forceadd']);

function readOptions(header: string): Map<string, string> {
  const options = new Map<string, string>();
  const words = header.split(/\s+/).filter((word) => word !== '' && !FLAGS.has(word));
  for (let index = 0; index + 1 < words.length; index += 2) {
    options.set(words[index] ?? '', words[index + 1] ?? '');
  }
  return options;
}

function field(text: string, name: string): string | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}: `));
  return line?.slice(name.length + 2);
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** A bitmap names no family: it holds IPv4. */
function familyOf(text: string | undefined): Family {
  return text === 'inet6' ? 'ipv6' : 'ipv4';
}

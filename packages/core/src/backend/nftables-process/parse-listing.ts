import type { Address, Family } from '../../address/address.js';
import { parseAddress } from '../../address/parse.js';
import type { MemberBatches } from '../member-batches.js';
import { intervalOf } from '../../address/position.js';
import { secondsLeft } from '../nftables/seconds-left.js';
import type { NftElement, NftSet } from '../nftables/set-driver.js';

// What `nft -j list …` prints, as far as it is read:
//   {"nftables": [{"metainfo": …}, {"set": {"name": "s", "type": "ipv4_addr", "handle": 1,
//     "flags": ["timeout"], "timeout": 90, "elem": [{"elem": {"val": "1.2.3.4", "expires": 89}}]}}]}

type Json = Readonly<Record<string, unknown>>;

/** What a table holds: its sets, and how many rules look each of them up. */
export interface TableListing {
  readonly sets: ReadonlyMap<string, NftSet>;
  readonly references: ReadonlyMap<string, number>;
  /** Chains that hold rules. */
  readonly ruledChains: ReadonlySet<string>;
}

/** Reads `nft -t -j list table`. @returns undefined for what is no such listing */
export function parseTable(stdout: string): TableListing | undefined {
  const objects = readObjects(stdout);
  if (objects === undefined) return undefined;
  const sets = new Map<string, NftSet>();
  const references = new Map<string, number>();
  const ruledChains = new Set<string>();
  for (const object of objects) {
    const set = asJson(object['set']) ?? asJson(object['map']);
    if (set !== undefined) {
      const described = describe(set, 'map' in object);
      sets.set(described.name, described);
    }
    const rule = asJson(object['rule']);
    if (rule !== undefined) ruledChains.add(String(rule['chain']));
    for (const name of new Set(lookups(rule?.['expr']))) {
      references.set(name, (references.get(name) ?? 0) + 1);
    }
  }
  return { sets, references, ruledChains };
}

function describe(set: Json, isMap: boolean): NftSet {
  const type = typeof set['type'] === 'string' ? set['type'] : 'concatenation';
  const flags = Array.isArray(set['flags']) ? set['flags'] : [];
  const { timeout, size } = set;
  // nft leaves out the flag where a default timeout says as much.
  const timed = flags.includes('timeout') || typeof timeout === 'number';
  return {
    name: String(set['name']),
    family: isMap ? undefined : FAMILIES.get(type),
    type: isMap ? 'map' : type,
    interval: flags.includes('interval'),
    ...(timed ? { defaultTimeoutMs: typeof timeout === 'number' ? timeout * 1000 : 0 } : {}),
    ...(typeof size === 'number' ? { size } : {}),
    handle: String(set['handle']),
  };
}

const FAMILIES = new Map<string, Family>([
  ['ipv4_addr', 'ipv4'],
  ['ipv6_addr', 'ipv6'],
]);

/** `"@blacklist"`, wherever a rule has it. */
function lookups(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('@') ? [value.slice(1)] : [];
  if (Array.isArray(value)) return value.flatMap(lookups);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(lookups) : [];
}

/** Reads `nft -j list set` of a hash set. */
export function parseSingles(stdout: string, family: Family, batches: MemberBatches): void {
  for (const { value, leftMs } of elementsOf(stdout)) {
    const address = typeof value === 'string' ? readAddress(value) : undefined;
    if (address?.family !== family) continue;
    batches.add({ address, timeoutSeconds: leftMs === undefined ? 0 : secondsLeft(leftMs) });
  }
}

/** Reads `nft -j list set` of an interval set. */
export function parseIntervals(stdout: string): NftElement[] {
  return elementsOf(stdout).flatMap(({ value, leftMs, comment }): NftElement[] => {
    const ends = readEnds(value);
    if (ends === undefined) return [];
    return [
      {
        first: intervalOf(ends[0]).first,
        last: intervalOf(ends[1]).last,
        // Whole seconds, rounded down: half a second more is right on average.
        ...(leftMs === undefined ? {} : { leftMs: leftMs + 500 }),
        ...(comment === undefined ? {} : { comment }),
      },
    ];
  });
}

interface ListedElement {
  readonly value: unknown;
  readonly leftMs: number | undefined;
  readonly comment: string | undefined;
}

function elementsOf(stdout: string): ListedElement[] {
  const set = readObjects(stdout)
    ?.map((object) => asJson(object['set']))
    .find((found) => found !== undefined);
  const elements = set?.['elem'];
  if (!Array.isArray(elements)) return [];
  return elements.map((element: unknown) => {
    const detailed = asJson(asJson(element)?.['elem']);
    if (detailed === undefined) return { value: element, leftMs: undefined, comment: undefined };
    const { val, expires, comment } = detailed;
    return {
      value: val,
      leftMs: typeof expires === 'number' ? expires * 1000 : undefined,
      comment: typeof comment === 'string' ? comment : undefined,
    };
  });
}

/** `"192.0.2.1"`, `{"prefix": {"addr": "192.0.2.0", "len": 24}}`, `{"range": ["192.0.2.1", "192.0.2.9"]}` */
function readEnds(value: unknown): [Address, Address] | undefined {
  if (typeof value === 'string') return pair(readAddress(value), readAddress(value));
  const prefix = asJson(asJson(value)?.['prefix']);
  if (prefix !== undefined) {
    const address = readAddress(`${String(prefix['addr'])}/${String(prefix['len'])}`);
    return pair(address, address);
  }
  const range = asJson(value)?.['range'];
  if (!Array.isArray(range)) return undefined;
  return pair(readAddress(String(range[0])), readAddress(String(range[1])));
}

function pair(
  one: Address | undefined,
  other: Address | undefined,
): [Address, Address] | undefined {
  return one === undefined || other === undefined ? undefined : [one, other];
}

function readAddress(text: string): Address | undefined {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value : undefined;
}

function readObjects(stdout: string): Json[] | undefined {
  try {
    const listing = asJson(JSON.parse(stdout));
    const objects = listing?.['nftables'];
    return Array.isArray(objects) ? objects.map((object) => asJson(object) ?? {}) : undefined;
  } catch {
    return undefined;
  }
}

function asJson(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as Json) : undefined;
}

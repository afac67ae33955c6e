import type { Family } from '@vallum/core';
import { subtract, unite, type IntervalSet } from './interval-set.js';
import { list, object } from './nft-json.js';
import { keyOf, type Key } from './nft-values.js';
import { meet, services, whole, type Dimension, type Region } from './packet-space.js';
import { ANYTHING, type Condition, type MarkTest } from './ruleset.js';

/** What the named sets and maps of a table hold, where that was asked for. */
export type Named = ReadonlyMap<string, readonly unknown[]>;

const OPAQUE: readonly Condition[] = [{ ...ANYTHING, opaque: true }];
const SOMETIMES: Condition = { ...ANYTHING, sometimes: true };
const FLAGS: Readonly<Record<string, number>> = {
  ...{ fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 },
};
const SYN = 2;
/** Of these the sender chooses, or chance. */
const CHOSEN =
  /^(ip (ttl|dscp|ecn|length|id)|ip6 (hoplimit|dscp|ecn|flowlabel|length)|udp length)$/;

/**
 * @param match `{"op": "==", "left": …, "right": …}`
 * @returns the ways in which it can be true; none: no packet is like that
 */
export function readMatch(match: unknown, family: Family, named: Named): readonly Condition[] {
  const { op, left, right } = object(match);
  const { concat } = object(left);
  if (concat !== undefined) return readConcat(list(concat), op, right, family, named);
  const marks = readMarks(left, op, right, named);
  if (marks !== undefined) return [marks];
  const { payload, meta, numgen, jhash } = object(left);
  const { protocol, field } = object(payload);
  const what = `${String(protocol)} ${String(field)}`;
  if (isFlags(left)) return readFlags(left, op, right);
  if (CHOSEN.test(what) || numgen !== undefined || jhash !== undefined) return [SOMETIMES];
  if (object(meta)['key'] === 'length') return [SOMETIMES];

  const key = keyOf(left, family);
  if (key === undefined) return OPAQUE;
  if ('fixed' in key) {
    if (key.fixed.length === 0) return [];
    const words = elements(right, named);
    if (words === undefined) return OPAQUE;
    // `fib … oif` is compared with false, or with the interface 0, where there is no way back.
    const holds = words.some((word) => key.fixed.includes(String(word)));
    return holds === (op !== '!=') ? [ANYTHING] : [];
  }
  const set = typeof right === 'string' && right.startsWith('@') ? right.slice(1) : undefined;
  if (set !== undefined && !named.has(set)) {
    if (key.dimension !== 'src' && key.dimension !== 'dst') return OPAQUE;
    const source = key.dimension === 'src';
    return [{ ...ANYTHING, sets: [{ set, source, negated: op === '!=', plain: true }] }];
  }
  return asConditions(key, op, elements(right, named), family);
}

function asConditions(
  key: Key,
  op: unknown,
  values: readonly unknown[] | undefined,
  family: Family,
): readonly Condition[] {
  const found = values?.map(key.read);
  if (found?.every((set) => set !== undefined) !== true) return OPAQUE;
  const [first = []] = found;
  const all = whole(key.dimension, family);
  let set = unite(found);
  const low = first[0];
  if ((op === '>' || op === '>=' || op === '<' || op === '<=') && low !== undefined) {
    const [, high = low] = first;
    const above = subtract(all, [all[0] ?? low, op === '>' ? high : low]);
    const below = subtract(all, [op === '<' ? low : high, all[1] ?? high]);
    set = op === '>' || op === '>=' ? above : below;
  }
  if (op === '!=') set = subtract(all, set);
  const region = inRegion({}, key, set);
  return region === undefined ? [] : [{ ...ANYTHING, region }];
}

/** @returns undefined where nothing is left */
function inRegion(region: Region, key: Key, set: IntervalSet): Region | undefined {
  const limited = meet(region, limit(key.dimension, set));
  if (limited === undefined || key.within === undefined) return limited;
  return meet(limited, { service: key.within });
}

function limit(dimension: Dimension, set: IntervalSet): Region {
  return { [dimension]: set };
}

/** `ip saddr . tcp dport { 192.0.2.1 . 22 }`: a box for each element. */
function readConcat(
  lefts: readonly unknown[],
  op: unknown,
  right: unknown,
  family: Family,
  named: Named,
): readonly Condition[] {
  const values = elements(right, named);
  if (values === undefined || op === '!=') {
    const set = typeof right === 'string' && right.startsWith('@') ? right.slice(1) : undefined;
    const sets = set === undefined ? [] : [{ set, source: true, negated: false, plain: false }];
    return [{ ...ANYTHING, opaque: true, sets }];
  }
  return values.flatMap((value) => concatRegion(lefts, list(object(value)['concat']), family));
}

/** One element of a concatenation. */
export function concatRegion(
  lefts: readonly unknown[],
  parts: readonly unknown[],
  family: Family,
): readonly Condition[] {
  let region: Region | undefined = {};
  let opaque = false;
  for (const [index, left] of lefts.entries()) {
    const key = keyOf(left, family);
    if (key && 'fixed' in key) {
      if (!key.fixed.includes(String(parts[index]))) return [];
      continue;
    }
    const set = key?.read(parts[index]);
    if (!key || set === undefined) opaque = true;
    else region = region && inRegion(region, key, set);
  }
  return region === undefined ? [] : [{ ...ANYTHING, region, opaque }];
}

/** What stands on the right, one by one; undefined where it is not known. */
export function elements(right: unknown, named: Named): readonly unknown[] | undefined {
  if (typeof right === 'string' && right.startsWith('@')) return named.get(right.slice(1));
  const { set } = object(right);
  const found = set === undefined ? (Array.isArray(right) ? list(right) : [right]) : list(set);
  return found.map(bare);
}

/** Without what an element carries besides: `{"elem": {"val": 22, "comment": "ssh"}}`. */
export function bare(value: unknown): unknown {
  const { elem } = object(value);
  return elem === undefined ? value : object(elem)['val'];
}

/** `meta mark 5`, `ct mark and 0xff == 5` */
function readMarks(
  left: unknown,
  op: unknown,
  right: unknown,
  named: Named,
): Condition | undefined {
  const [inner, mask = 0xffffffff] = list(object(left)['&']);
  const { meta, ct } = object(inner ?? left);
  if ((object(meta)['key'] ?? object(ct)['key']) !== 'mark') return undefined;
  const of: MarkTest['of'] = meta === undefined ? 'connection' : 'packet';
  const values = elements(right, named);
  const known = values?.every((value) => typeof value === 'number') === true;
  if (!known || typeof mask !== 'number' || (op !== '==' && op !== '!=')) {
    return { ...ANYTHING, opaque: true };
  }
  return { ...ANYTHING, marks: [{ of, mask, values, negated: op === '!=' }] };
}

function isFlags(left: unknown): boolean {
  const [inner] = list(object(left)['&']);
  const { protocol, field } = object(object(inner ?? left)['payload']);
  return protocol === 'tcp' && field === 'flags';
}

/** Whether a packet with SYN alone, which opens a connection, is one. */
function readFlags(left: unknown, op: unknown, right: unknown): readonly Condition[] {
  const bits = (value: unknown): number | undefined => {
    if (typeof value === 'number') return value;
    if (Array.isArray(value)) {
      return value.map(bits).reduce((sum, bit) => (sum ?? 0) | (bit ?? 0), 0);
    }
    const { '|': or, set } = object(value);
    if (set !== undefined) return undefined;
    return or === undefined ? FLAGS[String(value)] : bits(or);
  };
  const [, masked] = list(object(left)['&']);
  const mask = masked === undefined ? 255 : bits(masked);
  const wanted = bits(right);
  if (mask === undefined || wanted === undefined) return OPAQUE;
  const seen = SYN & mask;
  const holds =
    op === 'in' ? (seen & wanted) !== 0 : op === '!=' ? seen !== wanted : seen === wanted;
  return holds ? [{ ...ANYTHING, region: { service: services(6) } }] : [];
}

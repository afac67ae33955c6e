import type { Family } from '@vallum/core';
import { list, object, single, type Json } from './nft-json.js';
import { markChanges } from './nft-marks.js';
import { addresses, keyOf, portRange } from './nft-values.js';
import { meet } from './packet-space.js';
import { bare, concatRegion, elements, readMatch, type Named } from './read-nft-match.js';
import {
  ANYTHING,
  type Case,
  type Change,
  type Condition,
  type Rule,
  type SetReference,
  type Verdict,
} from './ruleset.js';

/** What tells, counts or changes something that no rule here looks at. */
const GOES_ON: ReadonlySet<string> = new Set([
  ...['counter', 'log', 'last', 'flow', 'ct helper', 'ct timeout', 'ct expectation', 'secmark'],
  ...['synproxy object', 'reset', 'dup', 'masquerade', 'snat'],
]);
/** Beyond it a rule with several sets is not multiplied out. */
const MOST_CASES = 4096;

interface Reading {
  readonly conditions: readonly Condition[];
  readonly changes: readonly Change[];
}

/** @param expressions what `nft -j` gives as `expr` of a rule */
export function readNftRule(
  expressions: readonly unknown[],
  text: string,
  family: Family,
  named: Named,
): Rule {
  let reading: Reading = { conditions: [ANYTHING], changes: [] };
  for (const expression of expressions) {
    const [name, value] = single(expression);
    if (name === 'vmap') {
      return ruleOf(mapCases(reading, value, family, named), text);
    }
    // `dnat ip to …` in a table of both families.
    const { family: only } = object(value);
    if (name === 'dnat' && only !== undefined && (only === 'ip') !== (family === 'ipv4')) {
      return ruleOf([], text);
    }
    if (name === 'dnat' && mapOf(value) !== undefined) {
      return ruleOf(translationCases(reading, object(value), family, named), text);
    }
    const verdict = verdictOf(name, value, family);
    if (verdict) {
      const cases = reading.conditions.map((condition) => ({ ...reading, condition, verdict }));
      return ruleOf(cases, text);
    }
    reading = readOn(reading, name, value, family, named);
  }
  const verdict = { kind: 'none' } as const;
  return ruleOf(
    reading.conditions.map((condition) => ({ ...reading, condition, verdict })),
    text,
  );
}

function ruleOf(cases: readonly Case[], text: string): Rule {
  const references = new Map<string, SetReference>();
  for (const { condition } of cases) {
    for (const set of condition.sets) references.set(JSON.stringify(set), set);
  }
  return { cases, references: [...references.values()], text };
}

function readOn(
  reading: Reading,
  name: string,
  value: unknown,
  family: Family,
  named: Named,
): Reading {
  if (name === 'match') return both(reading, readMatch(value, family, named));
  if (GOES_ON.has(name)) return reading;
  switch (name) {
    case 'limit':
    case 'quota':
    case 'ct count':
    case 'meter':
      return both(reading, [{ ...ANYTHING, sometimes: true }]);
    case 'set': {
      // `update @meter { ip saddr limit rate over 5/minute }`
      const { elem, stmt } = object(value);
      const key = keyOf(bare(elem), family);
      if (key && 'fixed' in key && key.fixed.length === 0) return { ...reading, conditions: [] };
      return stmt === undefined ? reading : both(reading, [{ ...ANYTHING, sometimes: true }]);
    }
    case 'notrack':
      return { ...reading, changes: [...reading.changes, { kind: 'untrack' }] };
    case 'mangle': {
      const changes = markChanges(object(value));
      return changes === undefined
        ? both(reading, [{ ...ANYTHING, opaque: true }])
        : { ...reading, changes: [...reading.changes, ...changes] };
    }
    default:
      return both(reading, [{ ...ANYTHING, opaque: true }]);
  }
}

function both(reading: Reading, more: readonly Condition[]): Reading {
  if (reading.conditions.length * more.length > MOST_CASES) {
    return both(reading, [{ ...ANYTHING, opaque: true }]);
  }
  const conditions = reading.conditions.flatMap((condition) =>
    more.flatMap((other) => allOf(condition, other) ?? []),
  );
  return { ...reading, conditions };
}

function allOf(a: Condition, b: Condition): Condition | undefined {
  const region = meet(a.region, b.region);
  if (region === undefined) return undefined;
  return {
    region,
    marks: [...a.marks, ...b.marks],
    sets: [...a.sets, ...b.sets],
    sometimes: a.sometimes || b.sometimes,
    opaque: a.opaque || b.opaque,
    bridged: a.bridged || b.bridged,
  };
}

function verdictOf(name: string, value: unknown, family: Family): Verdict | undefined {
  switch (name) {
    case 'accept':
    case 'drop':
    case 'return':
      return { kind: name };
    case 'reject':
      return { kind: 'drop' };
    case 'jump':
    case 'goto':
      return { kind: name, chain: String(object(value)['target']) };
    case 'queue':
      return { kind: 'queue' };
    case 'tproxy':
    case 'synproxy':
    case 'fwd':
    case 'xt':
    case '':
      // Of a target of iptables only the name is told; a word that is no object is a chain without one.
      return name === 'xt' && object(value)['type'] === 'match' ? undefined : { kind: 'unknown' };
    case 'redirect': {
      const { port } = object(value);
      const ports = port === undefined ? undefined : (portRange(port) ?? 'unknown');
      return { kind: 'dnat', dst: undefined, ports, redirect: true };
    }
    case 'dnat': {
      const { addr, port } = object(value);
      const dst = addr === undefined ? undefined : addresses(addr, family);
      const mapped = addr !== undefined && dst === undefined;
      const ports =
        port === undefined ? (mapped ? 'unknown' : undefined) : (portRange(port) ?? 'unknown');
      return { kind: 'dnat', dst, ports, redirect: addr === undefined };
    }
    default:
      return undefined;
  }
}

/** `tcp dport vmap { 22 : accept, 80 : jump web }` */
function mapCases(reading: Reading, vmap: unknown, family: Family, named: Named): Case[] {
  const { key, data } = object(vmap);
  const entries = elements(data, named);
  const unknown = (): Case[] =>
    both(reading, [{ ...ANYTHING, opaque: true }]).conditions.map((condition) => ({
      ...{ condition, changes: reading.changes, verdict: { kind: 'unknown' } },
    }));
  if (entries === undefined) return unknown();
  const { concat } = object(key);
  const cases: Case[] = [];
  let rest: readonly Condition[] = [ANYTHING];
  for (const entry of entries) {
    const [match, target] = list(entry);
    const verdict = verdictOf(...single(target), family);
    if (verdict === undefined) {
      if (object(target)['continue'] !== undefined) continue;
      return unknown();
    }
    const value = bare(match);
    const found =
      value === '*'
        ? rest
        : concat === undefined
          ? readMatch({ op: '==', left: key, right: { set: [value] } }, family, named)
          : concatRegion(list(concat), list(object(value)['concat']), family);
    if (value === '*') rest = [];
    for (const condition of both(reading, found).conditions) {
      cases.push({ condition, changes: reading.changes, verdict });
    }
  }
  return cases;
}

/** `dnat ip to tcp dport map { 8080 : 192.0.2.2 }` */
function mapOf(dnat: unknown): unknown {
  const { addr, port } = object(dnat);
  return object(addr)['map'] ?? object(port)['map'];
}

/** Where it goes depends on the packet; what is not in the map stays as it is. */
function translationCases(reading: Reading, dnat: Json, family: Family, named: Named): Case[] {
  const { key, data } = object(mapOf(dnat));
  const { concat } = object(key);
  const entries = elements(data, named);
  const somewhere: Verdict = { kind: 'dnat', dst: undefined, ports: 'unknown', redirect: false };
  const make = (conditions: readonly Condition[], verdict: Verdict): Case[] =>
    both(reading, conditions).conditions.map((condition) => ({
      ...{ condition, changes: reading.changes, verdict },
    }));
  // By chance, or by what is not known: somebody may get there.
  if (entries === undefined || keyOf(key, family) === undefined) {
    return make([{ ...ANYTHING, sometimes: true }], somewhere);
  }
  return entries.flatMap((entry) => {
    const [match, target] = list(entry);
    const value = bare(match);
    const conditions =
      concat === undefined
        ? readMatch({ op: '==', left: key, right: { set: [value] } }, family, named)
        : concatRegion(list(concat), list(object(value)['concat']), family);
    const [addr = target, port = dnat['port']] = list(object(target)['concat']);
    const mapped =
      object(dnat['addr'])['map'] === undefined ? { ...dnat, port: addr } : { addr, port };
    return make(conditions, verdictOf('dnat', mapped, family) ?? somewhere);
  });
}

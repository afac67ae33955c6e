import type { Family } from '@vallum/core';
import type { BaseChain, Rule, RuleTable, SetReference, Verdict } from './ruleset.js';

type Json = Readonly<Record<string, unknown>>;

interface Table {
  readonly name: string;
  readonly families: readonly Family[];
  readonly chains: Map<string, Rule[]>;
  readonly bases: BaseChain[];
}

const FAMILIES: Readonly<Record<string, readonly Family[]>> = {
  ip: ['ipv4'],
  ip6: ['ipv6'],
  inet: ['ipv4', 'ipv6'],
};
const HOOKS: readonly string[] = ['prerouting', 'input', 'forward'] satisfies BaseChain['hook'][];
/** What tells or counts something, and matches every packet. */
const NO_CONDITION: ReadonlySet<string> = new Set(['counter', 'log', 'mangle', 'notrack']);

/**
 * Reads what `nft -j -t list ruleset` prints (libnftables-json(5)):
 *
 *     {"nftables": [
 *       {"chain": {"family": "inet", "table": "vallum", "name": "input", "hook": "input", …}},
 *       {"rule": {"family": "inet", "table": "vallum", "chain": "input", "expr": [
 *         {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}},
 *                    "right": "@blacklist"}},
 *         {"counter": {"packets": 0, "bytes": 0}},
 *         {"drop": null}]}}]}
 *
 * Rules of iptables-nft stand there too, with the names of their matches only (`xt`): they are read
 * from iptables-nft-save.
 *
 * @returns undefined where it is not such a text
 */
export function parseNftRuleset(text: string): RuleTable[] | undefined {
  let entries: unknown;
  try {
    entries = (JSON.parse(text) as { readonly nftables?: unknown }).nftables;
  } catch {
    return undefined;
  }
  if (!Array.isArray(entries)) return undefined;

  const tables = new Map<string, Table>();
  const tableOf = ({ family, table }: Json): Table | undefined => {
    const families = FAMILIES[String(family)];
    if (!families) return undefined;
    const name = `nft ${String(family)} ${String(table)}`;
    const known = tables.get(name) ?? { name, families, chains: new Map(), bases: [] };
    tables.set(name, known);
    return known;
  };
  for (const entry of entries as unknown[]) {
    const { chain, rule } = object(entry);
    if (chain !== undefined) addChain(tableOf(object(chain)), object(chain));
    if (rule !== undefined) addRule(tableOf(object(rule)), object(rule));
  }
  return [...tables.values()].map((table) => ({ ...table, sets: 'nftables' }));
}

function addChain(table: Table | undefined, chain: Json): void {
  if (!table) return;
  const name = String(chain['name']);
  table.chains.set(name, []);
  const hook = String(chain['hook']);
  if (HOOKS.includes(hook) && chain['type'] === 'filter') {
    table.bases.push({ chain: name, hook: hook as BaseChain['hook'] });
  }
}

function addRule(table: Table | undefined, rule: Json): void {
  const expressions = Array.isArray(rule['expr']) ? (rule['expr'] as unknown[]).map(object) : [];
  const references = expressions.flatMap(referencesOf);
  let verdict: Verdict = { kind: 'none' };
  let conditions = 0;
  for (const expression of expressions) {
    const found = verdictOf(expression);
    if (found) verdict = found;
    else if (!Object.keys(expression).every((key) => NO_CONDITION.has(key))) conditions += 1;
  }
  table?.chains.get(String(rule['chain']))?.push({
    references,
    always: conditions === 0,
    onlySets: conditions === references.length,
    verdict,
    text: `chain ${String(rule['chain'])}, handle ${String(rule['handle'])}`,
  });
}

/** `{"match": {"op": "==", "left": {"payload": {"field": "saddr", …}}, "right": "@blacklist"}}` */
function referencesOf(expression: Json): SetReference[] {
  const { op, left, right } = object(expression['match']);
  if (typeof right !== 'string' || !right.startsWith('@')) return [];
  const source = object(object(left)['payload'])['field'] === 'saddr';
  return [{ set: right.slice(1), source, negated: op === '!=' }];
}

function verdictOf(expression: Json): Verdict | undefined {
  if ('accept' in expression) return { kind: 'accept' };
  if ('drop' in expression || 'reject' in expression) return { kind: 'drop' };
  if ('return' in expression) return { kind: 'return' };
  for (const kind of ['jump', 'goto'] as const) {
    if (kind in expression) return { kind, chain: String(object(expression[kind])['target']) };
  }
  return undefined;
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

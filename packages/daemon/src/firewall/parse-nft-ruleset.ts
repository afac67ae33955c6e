import type { Family } from '@vallum/core';
import { list, object, type Json } from './nft-json.js';
import { readNftRule } from './read-nft-rule.js';
import type { BaseChain, Rule, RuleTable } from './ruleset.js';

const FAMILIES: Readonly<Record<string, readonly Family[]>> = {
  ip: ['ipv4'],
  ip6: ['ipv6'],
  inet: ['ipv4', 'ipv6'],
  // What comes in at one interface, before anything else looks at it.
  netdev: ['ipv4', 'ipv6'],
};
const HOOKS: readonly string[] = ['ingress', 'prerouting', 'input', 'forward'];

export interface NftDetails {
  /** The rules as nft writes them, by `inet filter input 7` (table, chain, handle). */
  readonly texts?: ReadonlyMap<string, string>;
  /** What sets and maps hold, by `inet filter web-ports`. */
  readonly named?: ReadonlyMap<string, readonly unknown[]>;
}

/** The entries of what `nft -j -t list ruleset` prints; undefined where it is not such a text. */
export function readNftEntries(text: string): readonly Json[] | undefined {
  try {
    const { nftables } = JSON.parse(text) as { readonly nftables?: unknown };
    return Array.isArray(nftables) ? list(nftables).map(object) : undefined;
  } catch {
    return undefined;
  }
}

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
 * @returns a table for each family whose packets pass it; undefined where it is not such a text
 */
export function parseNftRuleset(text: string, details: NftDetails = {}): RuleTable[] | undefined {
  const entries = readNftEntries(text);
  return entries && nftTables(entries, details);
}

export function nftTables(entries: readonly Json[], details: NftDetails = {}): RuleTable[] {
  const { texts, named = new Map<string, readonly unknown[]>() } = details;
  const tables = new Map<string, Building[]>();
  const tablesOf = ({ family, table }: Json): readonly Building[] => {
    const home = `${String(family)} ${String(table)}`;
    const known = tables.get(home);
    if (known) return known;
    const made = (FAMILIES[String(family)] ?? []).map((one): Building => {
      const prefix = `${home} `;
      const own = [...named].filter(([name]) => name.startsWith(prefix));
      return {
        ...{ name: `nft ${home}`, home, sets: 'nftables', family: one },
        ...{ chains: new Map(), bases: [], declared: new Set() },
        named: new Map(own.map(([name, held]) => [name.slice(prefix.length), held])),
      };
    });
    tables.set(home, made);
    return made;
  };
  // A rule may stand before the chain to which it jumps.
  for (const { chain, set } of entries) {
    for (const table of set === undefined ? [] : tablesOf(object(set))) {
      table.declared.add(String(object(set)['name']));
    }
    for (const table of chain === undefined ? [] : tablesOf(object(chain))) {
      addChain(table, object(chain), texts);
    }
  }
  for (const { rule } of entries) {
    if (rule === undefined) continue;
    const { chain, handle, expr } = object(rule);
    for (const table of tablesOf(object(rule))) {
      const where = `${table.home} ${String(chain)} ${String(handle)}`;
      const shown = texts?.get(where) ?? `handle ${String(handle)}`;
      const read = readNftRule(list(expr), shown, table.family, table.named);
      table.chains.get(String(chain))?.push({ ...read, handle: String(handle) });
    }
  }
  return [...tables.values()].flat().map(({ named: _, ...table }) => table);
}

interface Building extends RuleTable {
  readonly home: string;
  readonly chains: Map<string, Rule[]>;
  readonly bases: BaseChain[];
  readonly declared: Set<string>;
  readonly named: ReadonlyMap<string, readonly unknown[]>;
}

function addChain(table: Building, chain: Json, texts: NftDetails['texts']): void {
  const name = String(chain['name']);
  table.chains.set(name, []);
  const hook = String(chain['hook']);
  const type = String(chain['type']);
  if (!HOOKS.includes(hook) || (type === 'nat' && hook === 'input')) return;
  table.bases.push({
    ...{ chain: name, hook: hook as BaseChain['hook'] },
    type: type === 'nat' ? 'nat' : 'filter',
    priority: Number(chain['prio'] ?? 0),
    policy: chain['policy'] === 'drop' ? 'drop' : 'accept',
    ...(hook === 'ingress' && devicesOf(chain['dev'], texts?.get(`${table.home} ${name}`))),
  });
}

/** nft 1.0.6 names the interfaces of an ingress chain in its text only. */
function devicesOf(dev: unknown, text = ''): Pick<BaseChain, 'devices'> {
  if (typeof dev === 'string') return { devices: [dev] };
  const told = list(dev).map(String);
  const devices =
    told.length > 0 ? told : [...text.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name);
  return devices.length > 0 ? { devices } : {};
}

/**
 * The rules in the text of `nft -a -t list ruleset`, by table, chain and handle, and what begins a
 * chain at ingress, by table and chain:
 *
 *     table inet filter { # handle 1
 *     	chain input { # handle 2
 *     		type filter hook input priority filter; policy accept;
 *     		tcp dport 80 accept # handle 7
 */
export function parseNftTexts(text: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  let table = '';
  let chain = '';
  for (const line of text.split('\n')) {
    const start = /^table (\S+ \S+) \{/.exec(line) ?? /^\tchain (\S+) \{/.exec(line);
    if (start && line.startsWith('table')) table = start[1] ?? '';
    else if (start) chain = start[1] ?? '';
    else if (/^\t\ttype \S+ hook ingress /.test(line)) texts.set(`${table} ${chain}`, line);
    else {
      const rule = /^\t\t(.*) # handle (\d+)$/.exec(line);
      if (rule) texts.set(`${table} ${chain} ${rule[2] ?? ''}`, rule[1] ?? '');
    }
  }
  return texts;
}

import {
  allowChainLine,
  allowChainName,
  DROP_HOOKS,
  dropBySet,
  dropChainLine,
  dropChainName,
  jumpToAllow,
  RULE_AND_SET_MARK,
  RULE_MARK,
  setLine,
  setsBehind,
  tableLine,
  type TableAddress,
} from '@vallum/core/backend';
import type { NftTable } from './nft-table.js';
import type { Wanted } from './wanted.js';

/** What the names of setup's chains begin with, and those that --create of the backend makes. */
const BASE = 'vallum';

/** Accepted here means: nothing of ours drops it, and the next firewall judges it. */
const ESTABLISHED = `ct state established,related accept comment "${RULE_MARK}"`;

/** What a rule of setup's does, however it is written. */
export type RuleKey = 'jump' | 'established' | `@${string}`;

export interface NftObject {
  /** `set blacklist` */
  readonly key: string;
  readonly line: string;
}

export interface NftRule {
  readonly chain: string;
  readonly key: RuleKey;
  /** What stands behind the chain's name: `ip saddr @blacklist counter drop comment "vallum"`. */
  readonly text: string;
}

/** Sets and chains: adding them again changes nothing. */
export function nftObjects({ sets, hooks }: Wanted, table: TableAddress): NftObject[] {
  return [
    ...sets.flatMap((wanted) =>
      setsBehind(wanted).map((behind) => ({
        key: `set ${behind.name}`,
        line: setLine(
          table,
          'add',
          {
            family: wanted.family,
            defaultTimeoutSeconds: wanted.timeoutSeconds,
            maxEntries: wanted.maxEntries,
          },
          behind,
        ),
      })),
    ),
    { key: `chain ${allowChainName(BASE)}`, line: allowChainLine(table, BASE) },
    ...hooks.map((hook) => ({
      key: `chain ${dropChainName(BASE, hook)}`,
      line: dropChainLine(table, BASE, hook),
    })),
  ];
}

/** In their order; the first ones have to stand in front of what drops. */
export function nftRules(wanted: Wanted, made: ReadonlySet<string>): NftRule[] {
  const drops = wanted.sets.flatMap((set) =>
    setsBehind(set).map(({ name }) => ({
      key: `@${name}` as const,
      text: dropBySet(name, set.family, made.has(name) ? RULE_AND_SET_MARK : RULE_MARK),
    })),
  );
  const first = [
    { key: 'jump' as const, text: jumpToAllow(BASE) },
    ...(wanted.allowEstablished ? [{ key: 'established' as const, text: ESTABLISHED }] : []),
  ];
  return wanted.hooks.flatMap((hook) =>
    [...first, ...drops].map((rule) => ({ chain: dropChainName(BASE, hook), ...rule })),
  );
}

/** The sets behind those that are wanted which setup makes now, or has made as other rules say. */
export function madeSets(wanted: Wanted, table: NftTable | undefined): Set<string> {
  const names = wanted.sets.flatMap(setsBehind).map(({ name }) => name);
  const missing = names.filter((name) => table?.objects.has(`set ${name}`) !== true);
  const before = (table?.rules ?? []).flatMap(({ sets, madeSet }) => (madeSet ? sets : []));
  return new Set([...missing, ...before]);
}

/**
 * @param table what is there; undefined: no such table
 * @returns lines for `nft -f -`, none where nothing is missing
 */
export function planNft(
  wanted: Wanted,
  address: TableAddress,
  table: NftTable | undefined,
): string[] {
  const objects = nftObjects(wanted, address).filter(({ key }) => table?.objects.has(key) !== true);
  const rules = nftRules(wanted, madeSets(wanted, table));
  const chains = wanted.hooks.map((hook) => dropChainName(BASE, hook));
  return [
    ...(table === undefined ? [tableLine(address)] : []),
    ...objects.map(({ line }) => line),
    ...chains.flatMap((chain) =>
      planChain(
        address,
        chain,
        rules.filter((rule) => rule.chain === chain),
        table,
      ),
    ),
  ];
}

function planChain(
  { family, table: name }: TableAddress,
  chain: string,
  wanted: readonly NftRule[],
  table: NftTable | undefined,
): string[] {
  const there = (table?.rules ?? []).filter((rule) => rule.chain === chain && rule.ours);
  const place = `rule ${family} ${name} ${chain}`;
  const isDrop = ({ key }: { readonly key: RuleKey | undefined }) => key?.startsWith('@') === true;
  const firstDrop = there.findIndex(isDrop);
  // What lets through has no effect behind what drops, and is not left where it is not asked for.
  const misplaced = there.filter(
    (rule, index) =>
      (rule.key === 'jump' || rule.key === 'established') &&
      ((firstDrop >= 0 && index > firstDrop) || !wanted.some(({ key }) => key === rule.key)),
  );
  const kept = new Set(there.filter((rule) => !misplaced.includes(rule)).map(({ key }) => key));
  const missing = wanted.filter(({ key }) => !kept.has(key));
  const drops = missing.filter(isDrop);
  const first = missing.filter((rule) => !isDrop(rule));
  return [
    ...misplaced.map(({ handle }) => `delete ${place} handle ${handle.toString()}`),
    ...drops.map(({ text }) => `add ${place} ${text}`),
    // Each goes in front of the one before.
    ...first.reverse().map(({ text }) => `insert ${place} ${text}`),
  ];
}

/** Tables with a chain that is named as setup names its own, in `nft list chains`. */
export function tablesWithOurChains(chains: string): TableAddress[] {
  const ours = new Set(DROP_HOOKS.map((hook) => dropChainName(BASE, hook)));
  const found = new Map<string, TableAddress>();
  let table: TableAddress | undefined;
  for (const line of chains.split('\n')) {
    const head = /^table (\S+) (\S+) \{/.exec(line);
    if (head !== null) {
      const [, family, name = ''] = head;
      table = isFamily(family) ? { family, table: name } : undefined;
    }
    const chain = /^\s+chain (\S+) \{/.exec(line)?.[1] ?? '';
    if (table !== undefined && ours.has(chain)) found.set(`${table.family} ${table.table}`, table);
  }
  return [...found.values()];
}

function isFamily(text: string | undefined): text is TableAddress['family'] {
  return text === 'inet' || text === 'ip' || text === 'ip6';
}

/**
 * The whole table where all of it is setup's; else the rules, chains and sets that are.
 *
 * @returns lines for `nft -f -`, and what keeps the table, in words
 */
export function planNftRemoval(
  { family, table: name }: TableAddress,
  table: NftTable | undefined,
): { lines: string[]; kept: string[] } {
  if (table === undefined) return { lines: [], kept: [] };
  const place = `${family} ${name}`;
  const own = table.rules.filter(({ ours }) => ours);
  const foreign = table.rules.filter(({ ours }) => !ours);
  const chains = [
    ...DROP_HOOKS.map((hook) => dropChainName(BASE, hook)),
    allowChainName(BASE),
    // As versions that were not released named them.
    ...DROP_HOOKS.filter((hook) => own.some(({ chain }) => chain === hook)),
  ].filter((chain) => table.objects.has(`chain ${chain}`));
  const usedChains = new Set(foreign.flatMap(({ chain, target }) => [chain, target]));
  const goneChains = chains.filter((chain) => !usedChains.has(chain));
  const usedSets = new Set(foreign.flatMap(({ sets }) => sets));
  const made = new Set(own.flatMap(({ sets, madeSet }) => (madeSet ? sets : [])));
  const goneSets = [...made].filter((set) => !usedSets.has(set));
  const gone = new Set([
    ...goneChains.map((chain) => `chain ${chain}`),
    ...goneSets.map((set) => `set ${set}`),
  ]);
  if (own.length === 0 && gone.size === 0) return { lines: [], kept: [] };
  const left = [...table.objects].filter((object) => !gone.has(object));
  if (left.length === 0) return { lines: [`delete table ${place}`], kept: [] };
  return {
    lines: [
      ...own.map(
        ({ chain, handle }) => `delete rule ${place} ${chain} handle ${handle.toString()}`,
      ),
      ...goneChains.map((chain) => `delete chain ${place} ${chain}`),
      ...goneSets.map((set) => `delete set ${place} ${set}`),
    ],
    kept: left,
  };
}

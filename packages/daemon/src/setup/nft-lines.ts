import { nftablesFilterHook, type Family } from '@vallum/core';
import type { Wanted } from './wanted.js';

/** The table that setup makes: sets, chains and rules of its own, and so nobody else's is touched. */
export const TABLE = 'inet vallum';
const MARK = 'vallum';

export interface NftRule {
  readonly chain: string;
  readonly set: string;
  /** `add rule inet vallum input ip saddr @blacklist counter drop comment "vallum"` */
  readonly line: string;
}

const TYPES: Readonly<Record<Family, { readonly type: string; readonly header: string }>> = {
  ipv4: { type: 'ipv4_addr', header: 'ip' },
  ipv6: { type: 'ipv6_addr', header: 'ip6' },
};

/** Table, sets and chains: adding them again changes nothing. */
export function nftObjects({ sets, hooks }: Wanted): string[] {
  return [
    `add table ${TABLE}`,
    ...sets.flatMap(({ set, family, maxEntries }) => {
      const { type } = TYPES[family];
      // Single addresses in a hash, prefixes in a tree, where every commit costs their number.
      return [
        `add set ${TABLE} ${set} { type ${type}; flags timeout; size ${maxEntries.toString()}; }`,
        `add set ${TABLE} ${set}-net { type ${type}; flags interval, timeout; }`,
      ];
    }),
    ...hooks.map((hook) => `add chain ${TABLE} ${hook} { ${nftablesFilterHook(hook)} }`),
  ];
}

export function nftRules({ sets, hooks }: Wanted): NftRule[] {
  return hooks.flatMap((chain) =>
    sets.flatMap(({ set, family }) =>
      [set, `${set}-net`].map((name) => ({
        chain,
        set: name,
        line: `add rule ${TABLE} ${chain} ${TYPES[family].header} saddr @${name} counter drop comment "${MARK}"`,
      })),
    ),
  );
}

interface Found {
  readonly objects: ReadonlySet<string>;
  readonly rules: readonly {
    readonly chain: string;
    readonly set: string | undefined;
    readonly ours: boolean;
    readonly handle: number;
  }[];
}

/** Reads `nft -j -t list table inet vallum`. */
export function readTable(text: string): Found {
  const { nftables } = JSON.parse(text) as {
    readonly nftables: readonly Readonly<Record<string, Readonly<Record<string, unknown>>>>[];
  };
  const rules = nftables.flatMap(({ rule }) => {
    if (rule === undefined) return [];
    const set = /"@([^"]+)"/.exec(JSON.stringify(rule['expr']))?.[1];
    const ours = rule['comment'] === MARK;
    return [{ chain: String(rule['chain']), set, ours, handle: Number(rule['handle']) }];
  });
  const objects = nftables.flatMap(({ set, chain }) => {
    if (set !== undefined) return [`set ${String(set['name'])}`];
    return chain === undefined ? [] : [`chain ${String(chain['name'])}`];
  });
  return { objects: new Set(objects), rules };
}

/** @param table what is there; undefined: no such table @returns lines for `nft -f -`, none where nothing is missing */
export function planNft(wanted: Wanted, table: Found | undefined): string[] {
  const rules = nftRules(wanted)
    .filter(
      ({ chain, set }) =>
        table?.rules.some((rule) => rule.ours && rule.chain === chain && rule.set === set) !== true,
    )
    .map(({ line }) => line);
  const objects = nftObjects(wanted).filter((line) => {
    const [, kind = '', , , name = ''] = line.split(' ');
    return table === undefined || (kind !== 'table' && !table.objects.has(`${kind} ${name}`));
  });
  return [...objects, ...rules];
}

/**
 * The whole table where all of it is setup's; else the rules that are.
 *
 * @returns lines for `nft -f -`, and how many rules of somebody else keep the table
 */
export function planNftRemoval(table: Found | undefined): { lines: string[]; foreign: number } {
  if (table === undefined) return { lines: [], foreign: 0 };
  const foreign = table.rules.filter(({ ours }) => !ours).length;
  if (foreign === 0) return { lines: [`delete table ${TABLE}`], foreign };
  const lines = table.rules
    .filter(({ ours }) => ours)
    .map(({ chain, handle }) => `delete rule ${TABLE} ${chain} handle ${handle.toString()}`);
  return { lines, foreign };
}

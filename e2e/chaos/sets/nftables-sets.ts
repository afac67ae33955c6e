import type { Namespace } from '@vallum/test-kit';
import { SET, type KernelSets } from './kernel-sets.js';

export interface NftablesOptions {
  readonly backend: 'nftables' | 'nftables-process';
  readonly ipv6: boolean;
  /** One set with `flags interval` for addresses and prefixes alike. */
  readonly interval: boolean;
}

const TABLE = 'table inet vallum';

/** ```json
 * {"nftables": [{"metainfo": …}, {"set": {…, "elem": [
 *   "192.0.2.1", {"prefix": {"addr": "192.0.3.0", "len": 24}},
 *   {"elem": {"val": "192.0.2.2", "timeout": 30, "expires": 29, "comment": "…"}}]}}]}
 * ``` */
interface Ruleset {
  readonly nftables: readonly { readonly set?: { readonly elem?: readonly Element[] } }[];
}
type Value = string | { readonly prefix: { readonly addr: string; readonly len: number } };
type Element = Value | { readonly elem: { readonly val: Value; readonly expires?: number } };

export function nftablesSets({ backend, ipv6, interval }: NftablesOptions): KernelSets {
  const families = ipv6 ? [4, 6] : [4];
  const sets = families.flatMap((family) => {
    const name = family === 6 ? `${SET}6` : SET;
    const type = `type ipv${String(family)}_addr; flags`;
    if (interval) return [{ name, spec: `${type} interval, timeout;` }];
    return [
      { name, spec: `${type} timeout;` },
      { name: `${name}-net`, spec: `${type} interval, timeout;` },
    ];
  });
  const creation = [
    `add ${TABLE}`,
    ...sets.map(({ name, spec }) => `add set inet vallum ${name} { ${spec} }`),
  ].join('\n');
  const edit = async (namespace: Namespace, input: string) => {
    await namespace.exec('nft', ['-f', '-'], { input });
  };
  return {
    args: ['--backend', backend],
    keepsEnds: true,
    takesIpv6: ipv6,
    takesPrefixes: true,
    create: (namespace) => edit(namespace, creation),
    async read(namespace) {
      const { nftables } = JSON.parse(
        await namespace.exec('nft', ['-j', 'list', 'ruleset']),
      ) as Ruleset;
      return new Map(
        nftables.flatMap(({ set }) => set?.elem ?? []).map((element) => readElement(element)),
      );
    },
    flush: (namespace) =>
      edit(namespace, sets.map(({ name }) => `flush set inet vallum ${name}`).join('\n')),
    destroy: (namespace) => edit(namespace, `delete ${TABLE}`),
    // As `nft -f /etc/nftables.conf` does it.
    swap: (namespace) => edit(namespace, `flush ruleset\n${creation}`),
    drop: (namespace, address) =>
      edit(namespace, `delete element inet vallum ${SET} { ${address} }`),
  };
}

function readElement(element: Element): [string, number] {
  if (typeof element === 'object' && 'elem' in element) {
    return [readValue(element.elem.val), element.elem.expires ?? Infinity];
  }
  return [readValue(element), Infinity];
}

function readValue(value: Value): string {
  if (typeof value === 'string') return value;
  return `${value.prefix.addr}/${String(value.prefix.len)}`;
}

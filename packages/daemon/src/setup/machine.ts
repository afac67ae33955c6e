import { splitWords } from '../firewall/split-words.js';

/** Who else keeps rules on a machine. */
export type Keeper = 'docker' | 'fail2ban' | 'firewalld' | 'kubernetes' | 'libvirt' | 'ufw';

/** What `vallumd setup` chooses by. */
export interface Machine {
  /** Programs that can be run. */
  readonly programs: ReadonlySet<'iptables' | 'ipset' | 'nft'>;
  /** false: without the right to, nothing could be seen of rules and sets. */
  readonly readable: boolean;
  readonly keepers: ReadonlySet<Keeper>;
  /** Rules of iptables, in either variant, that none of the keepers made. */
  readonly iptablesRules: number;
  /** Tables of nftables that say something about packets, but ours, the keepers' and iptables'. */
  readonly nftTables: readonly string[];
  /** Sets of ipset. */
  readonly ipsets: ReadonlySet<string>;
  /** Sets of nftables in the table that is asked for. */
  readonly nftSets: ReadonlySet<string>;
  /** Whether it passes packets on: to containers, guests, other networks. */
  readonly forwards: boolean;
}

/** What was printed; undefined: the program is not installed. */
export interface MachineTexts {
  readonly ipsetNames: string | undefined;
  /** `iptables-save` of both families and both variants. */
  readonly iptables: readonly string[];
  /** `iptables-nft-save` and `ip6tables-nft-save`: which tables of nftables are those of iptables. */
  readonly compat: Readonly<Record<'ip' | 'ip6', string>>;
  readonly hasIptables: boolean;
  /** `nft -t list ruleset` */
  readonly nft: string | undefined;
  /** Both switches of the kernel for passing packets on, a line each. */
  readonly forwarding: string;
  readonly readable: boolean;
}

const CHAINS: readonly (readonly [RegExp, Keeper])[] = [
  [/^ufw6?-/, 'ufw'],
  [/^DOCKER/, 'docker'],
  [/^f2b-/, 'fail2ban'],
  [/^LIBVIRT_/, 'libvirt'],
  [/^(KUBE-|CNI-|FLANNEL-|cali-|CILIUM_)/, 'kubernetes'],
  [/^(INPUT|FORWARD|OUTPUT)_(direct|ZONES)|^FWD[IO]?_|^IN_|^OUT_/, 'firewalld'],
];
const TABLES: readonly (readonly [RegExp, Keeper])[] = [
  [/^inet firewalld$|^ip6? firewalld$/, 'firewalld'],
  [/^ip6? docker-bridges$/, 'docker'],
  [/^ip6? libvirt_network$/, 'libvirt'],
  [/ f2b-table$/, 'fail2ban'],
  [/ (kube-proxy|cilium|calico)/, 'kubernetes'],
];
/** Interfaces that keepers make; their rules in FORWARD name these and no chain of theirs. */
const BRIDGES: readonly (readonly [RegExp, Keeper])[] = [
  [/ -[io] (docker\d|br-[0-9a-f]{12})/, 'docker'],
  [/ -[io] virbr\d/, 'libvirt'],
];

/** @param table of nftables where Vallum's sets are to be: `inet vallum` */
export function readMachine(texts: MachineTexts, table: string): Machine {
  const keepers = new Set<Keeper>();
  let iptablesRules = 0;
  for (const save of texts.iptables) {
    for (const line of filterOf(save)) {
      const keeper = line.startsWith(':') ? keeperOfPolicy(line) : keeperOfRule(line);
      if (keeper === 'nobody') continue;
      if (keeper === undefined) iptablesRules++;
      else keepers.add(keeper);
    }
  }
  const ofIptables = new Set(
    (['ip', 'ip6'] as const).flatMap((family) =>
      [...texts.compat[family].matchAll(/^\*(\w+)$/gm)].map(([, name = '']) => `${family} ${name}`),
    ),
  );
  const nftTables: string[] = [];
  for (const { name, filters } of readTables(texts.nft ?? '')) {
    const keeper = TABLES.find(([pattern]) => pattern.test(name))?.[1];
    if (keeper !== undefined) keepers.add(keeper);
    else if (filters && name !== table && !ofIptables.has(name)) nftTables.push(name);
  }
  const programs = new Set<'iptables' | 'ipset' | 'nft'>();
  if (texts.hasIptables) programs.add('iptables');
  if (texts.ipsetNames !== undefined) programs.add('ipset');
  if (texts.nft !== undefined) programs.add('nft');
  return {
    programs,
    readable: texts.readable,
    keepers,
    iptablesRules,
    nftTables,
    ipsets: new Set((texts.ipsetNames ?? '').split('\n').filter((name) => name !== '')),
    nftSets: setsOf(texts.nft ?? '', table),
    forwards: /^1$/m.test(texts.forwarding),
  };
}

function filterOf(save: string): string[] {
  const filter = /^\*filter$([^]*?)^COMMIT$/m.exec(save)?.[1] ?? '';
  return filter.split('\n').filter((line) => /^(-A|:)/.test(line));
}

/** `:FORWARD DROP [0:0]` is Docker's doing as well, `:INPUT DROP [0:0]` an administrator's. */
function keeperOfPolicy(line: string): 'nobody' | Keeper | undefined {
  const [chain = '', policy] = line.slice(1).split(' ');
  if (policy === '-') return CHAINS.find(([pattern]) => pattern.test(chain))?.[1] ?? 'nobody';
  return chain === 'INPUT' && policy === 'DROP' ? undefined : 'nobody';
}

function keeperOfRule(line: string): 'nobody' | Keeper | undefined {
  const words = splitWords(line);
  const chain = words[1] ?? '';
  const jump = words.findIndex((word) => word === '-j' || word === '-g');
  const target = jump < 0 ? '' : (words[jump + 1] ?? '');
  // What setup itself has made says nothing of the machine.
  if (chain === 'VALLUM' || target === 'VALLUM') return 'nobody';
  const named = CHAINS.find(([pattern]) => pattern.test(chain) || pattern.test(target))?.[1];
  return named ?? BRIDGES.find(([pattern]) => pattern.test(line))?.[1];
}

/**
 * `table inet filter {`, and whether packets that come in or through are judged in it. Debian's own
 * /etc/nftables.conf makes chains without rules, which judge nothing.
 */
function readTables(ruleset: string): { readonly name: string; readonly filters: boolean }[] {
  return partsOf(ruleset).map((part) => {
    const hook = /^\s*type filter hook (?:input|forward) .*$/m.exec(part)?.[0];
    // Neither `type …;` of a chain nor a brace, nor what describes a set.
    const rules =
      /^\t\t(?!type |flags |size |timeout |elements |comment |gc-interval |auto-merge)/m;
    return {
      name: /^table (\S+ \S+)/.exec(part)?.[1] ?? '',
      filters: hook !== undefined && (hook.includes('policy drop') || rules.test(part)),
    };
  });
}

function partsOf(ruleset: string): string[] {
  return ruleset.split(/^(?=table )/m).filter((part) => part.startsWith('table '));
}

function setsOf(ruleset: string, table: string): Set<string> {
  const own = partsOf(ruleset).find((part) => part.startsWith(`table ${table} {`)) ?? '';
  return new Set([...own.matchAll(/^\s*set (\S+) \{/gm)].map(([, name = '']) => name));
}

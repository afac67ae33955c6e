import type { Keeper, Machine } from './machine.js';

export type Tool = 'iptables' | 'nftables';

/** What was asked for, where it was. */
export interface Asked {
  /** `--rules` */
  readonly rules: Tool | undefined;
  /** The tool whose rules the given backend needs, and its words: `backend in vallumd.yaml line 7`. */
  readonly backend: { readonly tool: Tool; readonly place: string } | undefined;
}

export interface Choice {
  readonly tool: Tool;
  /** Completes a sentence: `since …`. */
  readonly why: string;
  /** Sentences: what does not fit together. */
  readonly notes: readonly string[];
}

const NAMES: Readonly<Record<Keeper, string>> = {
  docker: 'Docker',
  fail2ban: 'fail2ban',
  firewalld: 'firewalld',
  kubernetes: 'Kubernetes',
  libvirt: 'libvirt',
  ufw: 'ufw',
};

/**
 * nftables where nft is what the machine uses, ipset where rules of iptables are.
 *
 * @param sets that are wanted
 * @returns a sentence where there is nothing to choose from
 */
export function chooseTool(
  machine: Machine,
  asked: Asked,
  sets: readonly string[],
): Choice | string {
  const chosen = decide(machine, asked, sets);
  if (typeof chosen === 'string') return chosen;
  return { ...chosen, notes: notesOn(chosen.tool, machine, asked) };
}

function decide(
  machine: Machine,
  { rules, backend }: Asked,
  sets: readonly string[],
): Omit<Choice, 'notes'> | string {
  const { programs, keepers, iptablesRules, nftTables } = machine;
  if (rules !== undefined) return { tool: rules, why: '--rules says so' };
  if (backend !== undefined) return { tool: backend.tool, why: `${backend.place} says so` };
  const canNft = programs.has('nft');
  const canIptables = programs.has('iptables') && programs.has('ipset');
  if (!canNft && !canIptables) {
    return 'there is neither nft nor iptables with ipset: apt install nftables';
  }
  if (!canNft) return { tool: 'iptables', why: 'nft is not installed' };
  if (!canIptables) {
    const missing = programs.has('iptables') ? 'ipset' : 'iptables';
    return { tool: 'nftables', why: `${missing} is not installed` };
  }
  const there = sets.find((set) => machine.nftSets.has(set));
  if (there !== undefined) {
    return { tool: 'nftables', why: `nftables has a set ${there} in this table already` };
  }
  const inIpset = sets.find((set) => machine.ipsets.has(set));
  if (inIpset !== undefined) {
    return { tool: 'iptables', why: `ipset has a set ${inIpset} already` };
  }
  if (!machine.readable) {
    return {
      tool: 'nftables',
      why: 'nft is installed; which rules this machine has, only root can see (or choose with --rules)',
    };
  }
  if (keepers.has('firewalld')) {
    return {
      tool: 'nftables',
      why: 'firewalld runs here, which empties the chains of iptables at each reload and leaves the tables of others in nftables alone',
    };
  }
  if (keepers.has('ufw')) {
    return { tool: 'iptables', why: 'the rules of this machine are those of ufw, in iptables' };
  }
  if (nftTables.length > 0) {
    return {
      tool: 'nftables',
      why: `the rules of this machine are in nftables (${nftTables[0] ?? ''})`,
    };
  }
  if (iptablesRules > 0) {
    return { tool: 'iptables', why: 'the rules of this machine are in iptables' };
  }
  const others = (['docker', 'kubernetes', 'libvirt', 'fail2ban'] as const)
    .filter((keeper) => keepers.has(keeper))
    .map((keeper) => NAMES[keeper]);
  return {
    tool: 'nftables',
    why:
      others.length === 0
        ? 'nft is installed, and there are no rules of iptables'
        : `nft is installed, and there are no rules of iptables but those of ${others.join(' and ')}, which come later`,
  };
}

function notesOn(tool: Tool, machine: Machine, { rules, backend }: Asked): string[] {
  const notes: string[] = [];
  if (backend !== undefined && rules !== undefined && backend.tool !== rules) {
    notes.push(
      `${backend.place} asks for sets that no rule of ${rules} can look up: vallumd would fill them in vain`,
    );
  }
  const needed = tool === 'iptables' ? (['iptables', 'ipset'] as const) : (['nft'] as const);
  const missing = needed.filter((program) => !machine.programs.has(program));
  if (missing.length > 0) {
    const other = tool === 'iptables' ? 'nft' : 'iptables';
    notes.push(
      `${missing.join(' and ')} is not installed${machine.programs.has(other) ? `, but ${other} is: backend: ${tool === 'iptables' ? 'nftables' : 'ipset'} would go with it` : ''}`,
    );
  }
  if (tool === 'iptables' && machine.keepers.has('firewalld')) {
    notes.push(
      'firewalld empties the chains of iptables at each firewall-cmd --reload, and nothing hears of it: with backend: nftables, that leaves the bans alone',
    );
  }
  return notes;
}

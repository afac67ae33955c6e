import type { Family } from '@vallum/core';
import { createLine } from './ipset-lines.js';
import { CHAIN, dropRule, jumpRule } from './iptables-lines.js';
import { nftObjects, nftRules, TABLE } from './nft-lines.js';
import type { Wanted } from './wanted.js';

const PROGRAMS: readonly (readonly [Family, string])[] = [
  ['ipv4', 'iptables'],
  ['ipv6', 'ip6tables'],
];

/**
 * Commands to paste into a shell, once or several times. Names of sets and topics hold nothing that
 * a shell reads otherwise: `parseSetName` saw to it.
 */
export function printIptablesCommands({ sets, hooks }: Wanted): string {
  const lines = ['# The sets that vallumd edits.'];
  for (const wanted of sets) {
    lines.push(`ipset list -n ${wanted.set} >/dev/null 2>&1 || ipset ${createLine(wanted)}`);
  }
  for (const [family, program] of PROGRAMS) {
    const own = sets.filter((set) => set.family === family);
    if (own.length === 0) continue;
    lines.push(
      `# ${family === 'ipv4' ? 'IPv4' : 'IPv6'}: rules of your own may stand in ${CHAIN} too.`,
      `${program} -n -L ${CHAIN} >/dev/null 2>&1 || ${program} -N ${CHAIN}`,
      ...own.map(
        ({ set }) =>
          `${program} -S ${CHAIN} | grep -qF -e '--match-set ${set} src' || ` +
          `${program} -A ${dropRule(set, false)}`,
      ),
      ...hooks.map((hook) => {
        const rule = jumpRule(hook);
        return `${program} -C ${rule} 2>/dev/null || ${program} -I ${rule}`;
      }),
    );
  }
  return `${lines.join('\n')}\n`;
}

export function printNftCommands(wanted: Wanted): string {
  return [
    '# A table of its own; vallumd edits its sets with --backend nftables.',
    "nft -f - <<'END'",
    ...nftObjects(wanted),
    'END',
    ...nftRules(wanted).map(
      ({ chain, set, line }) =>
        `nft list chain ${TABLE} ${chain} | grep -qF '@${set} counter' || nft '${line}'`,
    ),
    '',
  ].join('\n');
}

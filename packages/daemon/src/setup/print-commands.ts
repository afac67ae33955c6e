import type { Family } from '@vallum/core';
import { tableLine, type TableAddress } from '@vallum/core/backend';
import { createLine } from './ipset-lines.js';
import {
  CHAIN,
  COMMANDS,
  DOCKER_CHAIN,
  dropRule,
  ESTABLISHED_RULE,
  jumpRule,
} from './iptables-lines.js';
import { nftObjects, nftRules } from './nft-lines.js';
import type { Wanted } from './wanted.js';

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/**
 * Commands to paste into a shell, once or several times. Names of sets and topics hold nothing that
 * a shell reads otherwise: `parseSetName` saw to it.
 *
 * @param made sets that are not there yet, so that they go with the rules
 */
export function printIptablesCommands(
  { sets, hooks, allowEstablished }: Wanted,
  made: ReadonlySet<string>,
): string {
  const lines = ['# The sets that vallumd edits.'];
  for (const wanted of sets) {
    lines.push(`ipset list -n ${wanted.set} >/dev/null 2>&1 || ipset ${createLine(wanted)}`);
  }
  for (const family of FAMILIES) {
    const own = sets.filter((set) => set.family === family);
    if (own.length === 0) continue;
    const program = COMMANDS[family];
    const unlessThere = (rule: string): string =>
      `${program} -C ${rule} 2>/dev/null || ${program} -I ${rule}`;
    lines.push(
      `# ${family === 'ipv4' ? 'IPv4' : 'IPv6'}: exceptions of your own go to the top of ${CHAIN}.`,
      `${program} -n -L ${CHAIN} >/dev/null 2>&1 || ${program} -N ${CHAIN}`,
      ...own.map(
        ({ set }) =>
          `${program} -S ${CHAIN} | grep -qF -e '--match-set ${set} src' || ` +
          `${program} -A ${dropRule(set, made.has(set))}`,
      ),
      ...(allowEstablished ? [unlessThere(ESTABLISHED_RULE)] : []),
      ...hooks.map((hook) => unlessThere(jumpRule(hook.toUpperCase()))),
    );
    if (!hooks.includes('forward')) continue;
    const rule = jumpRule(DOCKER_CHAIN);
    lines.push(
      `if ${program} -n -L ${DOCKER_CHAIN} >/dev/null 2>&1; then ${unlessThere(rule)}; fi`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** @param made sets that are not there yet, so that they go with the rules */
export function printNftCommands(
  wanted: Wanted,
  table: TableAddress,
  made: ReadonlySet<string>,
): string {
  const place = `${table.family} ${table.table}`;
  const rules = nftRules(wanted, made);
  const unlessThere = (chain: string, pattern: string, command: string): string =>
    `nft list chain ${place} ${chain} | grep -qF '${pattern}' || nft '${command}'`;
  return [
    '# A table for the sets that vallumd edits; exceptions of your own go into its chain vallum-allow.',
    "nft -f - <<'END'",
    tableLine(table),
    ...nftObjects(wanted, table).map(({ line }) => line),
    'END',
    ...rules
      .filter(({ key }) => key.startsWith('@'))
      .map(({ chain, key, text }) =>
        unlessThere(chain, `${key} counter`, `add rule ${place} ${chain} ${text}`),
      ),
    // Each goes in front of the one before.
    ...rules
      .filter(({ key }) => !key.startsWith('@'))
      .reverse()
      .map(({ chain, text }) =>
        unlessThere(
          chain,
          text.replace(/ comment .*$/, ''),
          `insert rule ${place} ${chain} ${text}`,
        ),
      ),
    '',
  ].join('\n');
}

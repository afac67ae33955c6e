import { VallumError, type Family } from '@vallum/core';
import type { Run } from '@vallum/core/backend';
import { parseIptablesSave } from './parse-iptables-save.js';
import { parseNftRuleset } from './parse-nft-ruleset.js';
import type { RuleTable } from './ruleset.js';

/** The rules of this machine, from whatever tools are there. */
export interface RuleFacts {
  readonly tables: readonly RuleTable[];
  readonly read: readonly string[];
  /** Tools that are there and could not read; their rules are not known. */
  readonly failed: readonly { readonly tool: string; readonly detail: string }[];
}

const SAVERS: readonly { readonly family: Family; readonly prefix: string }[] = [
  { family: 'ipv4', prefix: 'iptables' },
  { family: 'ipv6', prefix: 'ip6tables' },
];

/**
 * Reads both variants of iptables, whose rules are in effect side by side, and nftables. Changes
 * nothing; iptables-legacy-save does not load modules that are not there.
 */
export async function gatherRules(run: Run): Promise<RuleFacts> {
  const tables: RuleTable[] = [];
  const read: string[] = [];
  const failed: RuleFacts['failed'][number][] = [];
  /** @returns false where the tool is not installed */
  const ask = async (
    tool: string,
    args: readonly string[],
    parse: (text: string) => readonly RuleTable[] | undefined,
  ): Promise<boolean> => {
    try {
      const { code, stdout, stderr } = await run(tool, args);
      const found = code === 0 ? parse(stdout) : undefined;
      if (found) {
        tables.push(...found);
        read.push(tool);
      } else {
        failed.push({ tool, detail: firstLine(stderr) || `exit code ${String(code)}` });
      }
      return true;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      if (code === 'ENOENT') return false;
      // What hung says so itself; what could not be started has a code only.
      failed.push({ tool, detail: error instanceof VallumError ? error.message : code });
      return true;
    }
  };

  for (const { family, prefix } of SAVERS) {
    const parseAs = (tool: string) => (text: string) => parseIptablesSave(text, tool, family);
    const legacy = await ask(`${prefix}-legacy-save`, [], parseAs(`${prefix}-legacy`));
    const nft = await ask(`${prefix}-nft-save`, [], parseAs(`${prefix}-nft`));
    // A distribution with one variant only may leave out the names that tell which.
    if (!legacy && !nft) await ask(`${prefix}-save`, [], parseAs(prefix));
  }
  // -t: what the sets hold may be a million addresses, and is of no interest here.
  await ask('nft', ['-j', '-t', 'list', 'ruleset'], parseNftRuleset);
  return { tables, read, failed };
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

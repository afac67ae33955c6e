import { VallumError } from '@vallum/core';
import { type Run } from '@vallum/core/backend';
import type { Removal } from './apply-iptables.js';
import { mustRun } from '../firewall/firewall-tool.js';
import { planNft, planNftRemoval, readTable, TABLE } from './nft-lines.js';
import type { Wanted } from './wanted.js';

/** Makes what is missing, in one transaction. @returns a line for each thing it did */
export async function applyNftables(wanted: Wanted, run: Run): Promise<string[]> {
  const lines = planNft(wanted, await lookAtTable(run));
  if (lines.length > 0) await mustRun(run, 'nft', ['-f', '-'], `${lines.join('\n')}\n`);
  return lines.map((line) => `nft ${line}`);
}

/** Takes the table away, or setup's rules where there are others in it. */
export async function removeNftables(run: Run, apply: boolean): Promise<Removal> {
  const { lines, foreign } = planNftRemoval(await lookAtTable(run));
  if (apply && lines.length > 0) await mustRun(run, 'nft', ['-f', '-'], `${lines.join('\n')}\n`);
  return {
    commands: lines.map((line) => `nft ${line}`),
    kept:
      foreign === 0
        ? []
        : [`nft: table ${TABLE} stays, since ${foreign.toString()} rules in it are yours`],
  };
}

async function lookAtTable(run: Run): Promise<ReturnType<typeof readTable> | undefined> {
  // Asked for first: of a table that is not there nft says no more than of any other mistake.
  const tables = await mustRun(run, 'nft', ['list', 'tables']);
  if (!tables.split('\n').includes(`table ${TABLE}`)) return undefined;
  const text = await mustRun(run, 'nft', ['-j', '-t', 'list', 'table', ...TABLE.split(' ')]);
  try {
    return readTable(text);
  } catch (cause) {
    throw new VallumError('nft printed something that is no ruleset', {
      ...{ code: 'BACKEND_FAILED', operation: 'nft -j list table' },
      cause,
    });
  }
}

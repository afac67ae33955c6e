import { VallumError } from '@vallum/core';
import { type Run, type TableAddress } from '@vallum/core/backend';
import { mustRun } from '../firewall/firewall-tool.js';
import type { Removal } from './apply-iptables.js';
import { planNft, planNftRemoval, tablesWithOurChains } from './nft-lines.js';
import { readNftTable, type NftTable } from './nft-table.js';
import type { Wanted } from './wanted.js';

/** Makes what is missing, in one transaction. @returns a line for each thing it did */
export async function applyNftables(
  wanted: Wanted,
  table: TableAddress,
  run: Run,
): Promise<string[]> {
  const lines = planNft(wanted, table, await lookAtTable(table, run));
  if (lines.length > 0) await mustRun(run, 'nft', ['-f', '-'], `${lines.join('\n')}\n`);
  return lines.map((line) => `nft ${line}`);
}

/** Takes the table away, or what is setup's of it where there is something else in it. */
export async function removeNftables(
  table: TableAddress,
  run: Run,
  apply: boolean,
): Promise<Removal> {
  const { lines, kept } = planNftRemoval(table, await lookAtTable(table, run));
  if (apply && lines.length > 0) await mustRun(run, 'nft', ['-f', '-'], `${lines.join('\n')}\n`);
  return {
    commands: lines.map((line) => `nft ${line}`),
    kept:
      kept.length === 0
        ? []
        : [
            `nft: table ${table.family} ${table.table} stays, with what is not setup's: ${kept.join(', ')}`,
          ],
  };
}

/** Tables, whatever their names, in which a rule in a chain of setup's carries its mark. */
export async function tablesOfSetup(run: Run): Promise<TableAddress[]> {
  const named = tablesWithOurChains(await mustRun(run, 'nft', ['list', 'chains']));
  const looked = await Promise.all(
    named.map(async (table) => ({ table, there: await lookAtTable(table, run) })),
  );
  return looked
    .filter(({ there }) => there?.rules.some(({ ours }) => ours) === true)
    .map(({ table }) => table);
}

/** @returns undefined where there is no such table */
export async function lookAtTable(
  { family, table }: TableAddress,
  run: Run,
): Promise<NftTable | undefined> {
  // Asked for first: of a table that is not there nft says no more than of any other mistake.
  const tables = await mustRun(run, 'nft', ['list', 'tables']);
  if (!tables.split('\n').includes(`table ${family} ${table}`)) return undefined;
  const text = await mustRun(run, 'nft', ['-j', '-t', 'list', 'table', family, table]);
  try {
    return readNftTable(text);
  } catch (cause) {
    throw new VallumError('nft printed something that is no ruleset', {
      ...{ code: 'BACKEND_FAILED', operation: 'nft -j list table' },
      cause,
    });
  }
}

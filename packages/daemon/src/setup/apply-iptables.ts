import { VallumError, type Family } from '@vallum/core';
import { type Run } from '@vallum/core/backend';
import { mustRun } from '../firewall/firewall-tool.js';
import { createLine } from './ipset-lines.js';
import { COMMANDS, planRemoval, planRules, RESTORE, SAVE } from './iptables-lines.js';
import type { Wanted } from './wanted.js';

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** Makes what is missing, each table in one go. @returns a line for each thing it did */
export async function applyIptables(wanted: Wanted, run: Run): Promise<string[]> {
  const there = new Set((await mustRun(run, 'ipset', ['list', '-n'])).split('\n'));
  const missing = wanted.sets.filter(({ set }) => !there.has(set));
  const lines = missing.map(createLine);
  if (lines.length > 0) await mustRun(run, 'ipset', ['-'], `${lines.join('\n')}\n`);

  const done = lines.map((line) => `ipset ${line}`);
  const made = new Set(missing.map(({ set }) => set));
  for (const family of FAMILIES) {
    if (!wanted.sets.some((set) => set.family === family)) continue;
    const save = await mustRun(run, SAVE[family], ['-t', 'filter']);
    const { input, changed } = planRules(wanted, family, save, made);
    if (input === undefined) continue;
    await mustRun(run, RESTORE[family], ['--noflush'], input);
    done.push(...changed.map((rule) => `${COMMANDS[family]} ${rule}`));
  }
  return done;
}

export interface Removal {
  /** What was, or would be, taken away: commands that do the same. */
  readonly commands: string[];
  /** What stays, and why. */
  readonly kept: string[];
}

/** Takes away the rules with setup's mark, and the sets that are marked as its own. */
export async function removeIptables(run: Run, apply: boolean): Promise<Removal> {
  const commands: string[] = [];
  const kept: string[] = [];
  const sets: string[] = [];
  for (const family of FAMILIES) {
    const save = await mustRun(run, SAVE[family], ['-t', 'filter']);
    const plan = planRemoval(save);
    const why = whyKept(plan);
    if (why !== undefined) kept.push(`${COMMANDS[family]}: chain VALLUM stays, since ${why}`);
    sets.push(...plan.sets);
    for (const set of plan.found)
      kept.push(
        `set ${set} stays, since it was there before its rule; once no rule uses it: ipset destroy ${set}`,
      );
    if (plan.input === undefined) continue;
    if (apply) await mustRun(run, RESTORE[family], ['--noflush'], plan.input);
    commands.push(...plan.removed.map((line) => `${COMMANDS[family]} ${line}`));
  }
  for (const set of sets) {
    try {
      if (apply) await mustRun(run, 'ipset', ['destroy', set]);
      commands.push(`ipset destroy ${set}`);
    } catch (error) {
      if (!(error instanceof VallumError) || error.code !== 'BACKEND_FAILED') throw error;
      kept.push(`set ${set} stays: ${error.message}`);
    }
  }
  return { commands, kept };
}

function whyKept({ foreign, ways }: ReturnType<typeof planRemoval>): string | undefined {
  if (foreign > 0) return `${foreign.toString()} of the rules in it are yours`;
  return ways > 0 ? `${ways.toString()} rules of yours jump to it` : undefined;
}

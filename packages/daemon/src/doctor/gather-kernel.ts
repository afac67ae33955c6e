import type { Backend } from '@vallum/core';
import type { Run } from '@vallum/core/backend';
import type { Settings } from '../settings.js';
import { gatherRules, type RuleFacts } from '../firewall/gather-rules.js';
import { gatherSets, type SetFacts } from './gather-sets.js';
import { hasNetAdmin } from './permission.js';
import type { RuleTable } from '../firewall/ruleset.js';

/** What this machine's kernel has to say. Cheap: a few short-lived processes. */
export interface KernelFacts {
  readonly sets: readonly SetFacts[];
  readonly rules: RuleFacts;
  readonly netAdmin: boolean | undefined;
}

export interface KernelDeps {
  readonly inspect: Backend['inspect'];
  readonly run: Run;
}

/** Whose rules can name the sets of a backend; undefined: its sets are not the kernel's. */
export function setKind(backend: string): RuleTable['sets'] | undefined {
  if (backend.startsWith('nftables')) return 'nftables';
  return backend === 'memory' ? undefined : 'ipset';
}

export async function gatherKernel(
  topics: Settings['live']['topics'],
  { inspect, run }: KernelDeps,
): Promise<KernelFacts> {
  const names = [...new Set(topics.map(({ set }) => set))];
  const [sets, rules, netAdmin] = await Promise.all([
    gatherSets(names, inspect),
    gatherRules(run),
    hasNetAdmin(),
  ]);
  return { sets, rules, netAdmin };
}

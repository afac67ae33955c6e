import type { Family } from '@vallum/core';
import type { Rule, RuleTable } from './ruleset.js';

/** What becomes of packets from the addresses of a set, as far as the rules tell. */
export type SetUse =
  /** No rule looks the set up. */
  | { readonly kind: 'unused' }
  /** Rules do, but the kernel never comes to them: their chain is entered from nowhere. */
  | { readonly kind: 'unreached'; readonly where: string }
  /** It stands behind a rule that ends the way of every packet. */
  | { readonly kind: 'shadowed'; readonly where: string; readonly by: string }
  /** It is reached, but drops nothing: it accepts, logs, or looks at the destination. */
  | { readonly kind: 'not-dropping'; readonly where: string; readonly rule: string }
  | {
      readonly kind: 'dropping';
      readonly where: string;
      /** Other conditions stand in its way: only part of the traffic is looked at. */
      readonly partly: boolean;
      readonly hooks: readonly string[];
    };

interface Found {
  readonly rule: Rule;
  readonly where: string;
  readonly hook: string;
  readonly drops: boolean;
  readonly partly: boolean;
  readonly shadowedBy: string | undefined;
}

/** Follows the packets through every chain that the kernel enters, and looks for the set's rules. */
export function traceSet(
  tables: readonly RuleTable[],
  set: string,
  kind: RuleTable['sets'],
  family: Family,
): SetUse {
  const found: Found[] = [];
  let elsewhere: string | undefined;
  for (const table of tables) {
    if (table.sets !== kind || !table.families.includes(family)) continue;
    for (const { chain, hook } of table.bases) {
      walk({ table, set, hook, found, open: [] }, chain, false, undefined);
    }
    for (const [chain, rules] of table.chains) {
      if (rules.some((rule) => refersTo(rule, set))) elsewhere ??= `${table.name} ${chain}`;
    }
  }
  const alive = found.filter(({ shadowedBy }) => shadowedBy === undefined);
  const dropping = alive.filter(({ drops }) => drops);
  const [first] = dropping;
  if (first) {
    // A rule for all traffic says more than one for a port.
    const best = dropping.find(({ partly }) => !partly) ?? first;
    const hooks = [...new Set(dropping.map(({ hook }) => hook))];
    return { kind: 'dropping', where: best.where, partly: best.partly, hooks };
  }
  const [idle] = alive;
  if (idle) return { kind: 'not-dropping', where: idle.where, rule: idle.rule.text };
  const [hidden] = found;
  if (hidden) return { kind: 'shadowed', where: hidden.where, by: hidden.shadowedBy ?? '' };
  return elsewhere === undefined ? { kind: 'unused' } : { kind: 'unreached', where: elsewhere };
}

interface Walk {
  readonly table: RuleTable;
  readonly set: string;
  readonly hook: string;
  readonly found: Found[];
  /** Chains on the way here: the kernel forbids loops, a text may hold them. */
  readonly open: readonly string[];
}

/**
 * @param partly other conditions stand before this chain
 * @param shadow by what every packet was taken away already
 * @returns true where every packet that enters ends here, not to come back
 */
function walk(state: Walk, chain: string, partly: boolean, shadow: string | undefined): boolean {
  const { table, set, open } = state;
  if (open.includes(chain)) return false;
  const inner = { ...state, open: [...open, chain] };
  let returned: string | undefined;
  let ended = false;
  for (const rule of table.chains.get(chain) ?? []) {
    const where = `${table.name} ${chain}`;
    if (refersTo(rule, set)) {
      const drops = looksUp(rule, set) && blocks(table, rule, []);
      const conditional = partly || !rule.onlySets;
      const by = shadow ?? returned;
      const { hook } = state;
      state.found.push({ rule, where, hook, drops, partly: conditional, shadowedBy: by });
    }
    const { verdict } = rule;
    let taken = verdict.kind === 'accept' || verdict.kind === 'drop';
    if (verdict.kind === 'jump' || verdict.kind === 'goto') {
      const swallowed = walk(inner, verdict.chain, partly || !rule.always, shadow ?? returned);
      taken = swallowed || verdict.kind === 'goto';
    }
    if (!rule.always || shadow !== undefined || returned !== undefined) continue;
    if (verdict.kind === 'return') returned = `${where}: ${rule.text}`;
    if (taken) {
      // The rest is walked all the same, to say what stands in its way.
      ended = verdict.kind !== 'goto' || walkEnds(table, verdict.chain, []);
      returned = `${where}: ${rule.text}`;
    }
  }
  return ended;
}

/** Whether a chain lets no packet return from it. */
function walkEnds(table: RuleTable, chain: string, open: readonly string[]): boolean {
  if (open.includes(chain)) return false;
  for (const { always, verdict } of table.chains.get(chain) ?? []) {
    if (!always) continue;
    if (verdict.kind === 'accept' || verdict.kind === 'drop') return true;
    if (verdict.kind === 'return') return false;
    if (verdict.kind === 'jump' || verdict.kind === 'goto') {
      const ends = walkEnds(table, verdict.chain, [...open, chain]);
      if (ends || verdict.kind === 'goto') return ends;
    }
  }
  return false;
}

function refersTo(rule: Rule, set: string): boolean {
  return rule.references.some((reference) => reference.set === set);
}

/** The packet's sender is looked up, and being in the set is what counts. */
function looksUp(rule: Rule, set: string): boolean {
  return rule.references.some(
    (reference) => reference.set === set && reference.source && !reference.negated,
  );
}

/** Drops by itself, or hands on to a chain that does (to log before, or to answer). */
function blocks(table: RuleTable, { verdict }: Rule, open: readonly string[]): boolean {
  if (verdict.kind === 'drop') return true;
  if (verdict.kind !== 'jump' && verdict.kind !== 'goto') return false;
  if (open.includes(verdict.chain)) return false;
  return (table.chains.get(verdict.chain) ?? []).some((rule) =>
    blocks(table, rule, [...open, verdict.chain]),
  );
}

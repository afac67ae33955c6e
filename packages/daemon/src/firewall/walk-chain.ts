import { change, match, namesTarget, translate } from './match-packets.js';
import type { Context, Match, Packets, Place } from './match-packets.js';
import { MOST_BOXES, mergePackets } from './merge-packets.js';
import { isForExceptions } from './own-place.js';
import { isNarrow, without } from './packet-space.js';
import type { BaseChain, Case, Rule, RuleTable } from './ruleset.js';

/** Boxes times rules: less than a second of work. */
const MOST_STEPS = 1_000_000;
const DEEPEST = 64;

/** The ruleset cannot be followed in reasonable time. */
export class TooComplex extends Error {}

/** What was learnt on the way about the rules that name the set. */
export interface Sightings {
  /** Rules that name the set, and what became of them. */
  readonly rules: Map<Rule, { readonly place: Place; reached: boolean; drops: boolean }>;
  /** How often packets were dropped, and how often because they are in the set. */
  drops: number;
  bans: number;
  steps: number;
}

interface Walk {
  readonly table: RuleTable;
  readonly base: BaseChain;
  readonly context: Context;
  readonly seen: Sightings;
  /** What was let through by a rule. */
  readonly accepted: Packets[];
  /** Rules of this table change packets: then what was accepted must not be looked at again. */
  readonly changing: boolean;
}

/** @returns what is left of the packets behind this chain, whichever rule or policy let it through */
export function walkBase(
  table: RuleTable,
  base: BaseChain,
  packets: readonly Packets[],
  context: Context,
  seen: Sightings,
): Packets[] {
  // The first chain that translates an address is the last one asked.
  const done = base.type === 'nat' ? packets.filter(isTranslated) : [];
  const entering = base.type === 'nat' ? packets.filter((one) => !isTranslated(one)) : packets;
  const walk: Walk = {
    ...{ table, base, context, seen, accepted: [...done] },
    changing: base.type === 'nat' || changesPackets(table),
  };
  const fallen = walkChain(walk, base.chain, entering, []);
  const left = base.policy === 'drop' ? [] : fallen;
  return mergePackets([...left, ...walk.accepted], context.target.family);
}

function changesPackets(table: RuleTable): boolean {
  return [...table.chains.values()].some((rules) =>
    rules.some(({ cases }) => cases.some(({ changes }) => changes.length > 0)),
  );
}

function isTranslated({ region }: Packets): boolean {
  return Number(region.ct?.[0] ?? 0) % 2 === 1;
}

/** @returns what comes out at the end of the chain; the very same where it did nothing */
function walkChain(
  walk: Walk,
  chain: string,
  entering: readonly Packets[],
  open: readonly string[],
): readonly Packets[] {
  // The kernel forbids loops; a text may hold them.
  if (open.includes(chain) || open.length > DEEPEST) return entering;
  const way = [...open, chain];
  const where = `${walk.table.name} ${chain}`;
  const rules = walk.table.chains.get(chain) ?? [];
  // Who returns from such a chain has escaped; from others he only comes back.
  const bans = rules.some((rule) => names(walk, rule));
  const flow: Flow = { local: entering, returned: [], changed: false, bans };
  for (const rule of rules) {
    if (flow.local.length === 0) break;
    walk.seen.steps += flow.local.length * rule.cases.length;
    if (walk.seen.steps > MOST_STEPS) throw new TooComplex();
    const place = placeOnce(where, rule);
    if (names(walk, rule)) see(walk, rule, place()).reached = true;
    for (const one of rule.cases) {
      apply(walk, flow, rule, one, place, way);
    }
  }
  if (!flow.changed) return entering;
  return [...flow.returned, ...flow.local];
}

/** Most rules match nothing of what comes by, and are not spoken of. */
function placeOnce(where: string, { text, handle }: Rule): () => Place {
  let made: Place | undefined;
  return () => (made ??= { where, text, ...(handle !== undefined && { handle }) });
}

interface Flow {
  local: readonly Packets[];
  readonly returned: Packets[];
  /** Something was taken away, or made other than it was. */
  changed: boolean;
  /** The chain has rules that name the set. */
  readonly bans: boolean;
}

function apply(
  walk: Walk,
  flow: Flow,
  rule: Rule,
  one: Case,
  place: () => Place,
  way: readonly string[],
): void {
  let next: Packets[] | undefined;
  const boxes = flow.local;
  for (const [index, packets] of boxes.entries()) {
    const found = match(packets, one.condition, walk.table, place, walk.context);
    const after = found && follow(walk, flow, rule, one, packets, found, place(), way);
    if (after === undefined) {
      next?.push(packets);
    } else {
      next ??= boxes.slice(0, index);
      next.push(...after);
    }
  }
  if (next) flow.local = next;
}

/** @returns what goes on to the next rule in place of `packets`; undefined: they themselves */
function follow(
  walk: Walk,
  flow: Flow,
  rule: Rule,
  one: Case,
  packets: Packets,
  found: Match,
  place: Place,
  way: readonly string[],
): readonly Packets[] | undefined {
  const { verdict, changes } = one;
  const matched = changes.length === 0 ? found.packets : change(found.packets, one);
  const rest = (): Packets[] => remaining(walk, packets, found);
  switch (verdict.kind) {
    case 'none':
      if (changes.length === 0) return undefined;
      flow.changed = true;
      return found.certain ? [...rest(), matched] : [packets, matched];
    case 'accept':
    case 'queue': {
      const doubtful = verdict.kind === 'queue' && matched.doubt === undefined;
      walk.accepted.push({
        ...{ ...matched, ...letBy(walk, place, one) },
        ...(doubtful && { doubt: place }),
      });
      return found.certain && (walk.changing || isAll(packets, found))
        ? gone(flow, rest())
        : undefined;
    }
    case 'drop':
      return drop(walk, flow, rule, packets, found, place);
    case 'dnat':
      walk.accepted.push(...translate(matched, verdict, walk.context));
      return found.certain ? gone(flow, rest()) : undefined;
    case 'unknown':
      flow.changed = true;
      return [
        ...(found.certain ? rest() : [packets]),
        { ...matched, doubt: matched.doubt ?? place },
      ];
    case 'return':
      // Gone from here, but not for the chain that called: a change only if others are dropped.
      flow.returned.push(flow.bans ? { ...matched, ...letBy(walk, place, one) } : matched);
      if (matched !== found.packets) flow.changed = true;
      return found.certain ? rest() : undefined;
    case 'jump':
    case 'goto':
      return enter(walk, flow, rule, verdict, packets, { ...found, packets: matched }, place, way);
  }
}

function letBy({ context }: Walk, by: Place, { condition }: Case): Partial<Packets> {
  return isForExceptions(by.where, context.target.home)
    ? { by, exception: { by, region: condition.region } }
    : { by };
}

function gone<T>(flow: Flow, left: T): T {
  flow.changed = true;
  return left;
}

function isAll(packets: Packets, found: Match): boolean {
  return found.packets.region === packets.region;
}

/** What of the packets did not match. */
function remaining(walk: Walk, packets: Packets, found: Match): Packets[] {
  if (isAll(packets, found)) return [];
  return without(packets.region, found.packets.region, walk.context.target.family).map(
    (region) => ({ ...packets, region }),
  );
}

function drop(
  walk: Walk,
  flow: Flow,
  rule: Rule,
  packets: Packets,
  found: Match,
  place: Place,
): readonly Packets[] | undefined {
  if (found.ours) {
    see(walk, rule, place).drops = true;
    walk.seen.bans += 1;
  }
  if (found.opaque && found.ours) {
    // It may be the rule that protects, and it may not.
    return gone(flow, [...remaining(walk, packets, found), found.packets]);
  }
  if (!found.certain) return undefined;
  const left = remaining(walk, packets, found);
  // A list of single senders tells nothing about the others, and would cut them into pieces.
  if (left.length > 0 && !found.ours && isNarrow(found.packets.region.src)) return undefined;
  if (left.length > 1 && flow.local.length > MOST_BOXES) return undefined;
  walk.seen.drops += 1;
  return gone(flow, left);
}

function enter(
  walk: Walk,
  flow: Flow,
  rule: Rule,
  verdict: { readonly kind: 'jump' | 'goto'; readonly chain: string },
  packets: Packets,
  found: Match,
  place: Place,
  way: readonly string[],
): readonly Packets[] | undefined {
  const entering = [found.packets];
  const { drops, bans } = walk.seen;
  const out = walkChain(walk, verdict.chain, entering, way);
  if (found.ours && walk.seen.drops > drops) {
    see(walk, rule, place).drops = true;
    walk.seen.bans += 1;
  }
  if (verdict.kind === 'goto') flow.returned.push(...out);
  if (out === entering && verdict.kind === 'jump' && found.packets.mark === packets.mark) {
    return undefined;
  }
  if (!found.certain) {
    if (found.opaque && walk.seen.bans > bans) {
      return gone(flow, [...remaining(walk, packets, found), found.packets]);
    }
    if (!walk.changing || verdict.kind === 'goto') return undefined;
    return gone(flow, [packets, ...out]);
  }
  const left = remaining(walk, packets, found);
  if (left.length > 1 && flow.local.length > MOST_BOXES) {
    return verdict.kind === 'goto' || out.length === 0 ? undefined : gone(flow, [packets, ...out]);
  }
  if (verdict.kind === 'goto') {
    if (out !== entering) flow.changed = true;
    return left;
  }
  return gone(flow, [...left, ...out]);
}

function names({ table, context: { target } }: Walk, rule: Rule): boolean {
  return rule.references.some((reference) => namesTarget(table, reference, target));
}

function see({ seen }: Walk, rule: Rule, place: Place) {
  const known = seen.rules.get(rule);
  if (known) return known;
  const made = { place, reached: false, drops: false };
  seen.rules.set(rule, made);
  return made;
}

import type { SetPolicy } from '@vallum/core';
import { durationSeconds } from '@vallum/core/protocol';
import { convert, quote, suggest, type ConfigTree, type OptionDefinition } from '@vallum/options';
import { setPolicyKeys } from './set-policy-keys.js';

/** What keeps `sets:` from being used, and the line that says so. */
export class SetPolicyFault extends Error {}

export interface ReadContext {
  /** The configuration file. */
  readonly path: string;
  /** The sets that topics are bound to. */
  readonly sets: readonly string[];
  /** Shortest prefixes that may be banned. */
  readonly minPrefix: { readonly ipv4: number; readonly ipv6: number };
}

/**
 * Reads the part of the configuration file that says what is made of the bans of each set:
 *
 *     sets:
 *       blacklist:
 *         quorum: 2
 *         widen: {ipv4: 24, ipv6: 64}
 *
 * @throws SetPolicyFault that names file, line, key and remedy
 */
export function readSetPolicies(
  tree: ConfigTree | undefined,
  context: ReadContext,
): Readonly<Record<string, SetPolicy>> {
  if (tree === undefined) return {};
  return Object.fromEntries(
    Object.entries(keysOf(tree, 'sets', context)).map(([set, keys]) => {
      if (!context.sets.includes(set)) {
        const remedy = suggestion(set, context.sets) ?? `bound are ${context.sets.join(', ')}`;
        refuse(context, keys, `sets names ${quote(set)}`, `which no topic is bound to; ${remedy}`);
      }
      return [set, readPolicy(keys, set, context)];
    }),
  );
}

function readPolicy(tree: ConfigTree, set: string, context: ReadContext): SetPolicy {
  const keys = keysOf(tree, set, context);
  const policy: { -readonly [Key in keyof SetPolicy]: SetPolicy[Key] } = {};
  for (const [key, node] of Object.entries(keys)) {
    const definition = setPolicyKeys.find(({ name }) => name === key);
    switch (definition?.name) {
      case 'observe':
        policy.observe = readValue(definition, node, context) === true;
        break;
      case 'quorum':
        policy.quorum = Number(readValue(definition, node, context));
        break;
      case 'quorum-by':
        policy.quorumBy = readValue(definition, node, context) as SetPolicy['quorumBy'] & string;
        break;
      case 'max-ban':
        policy.maxBanSeconds = Number(readValue(definition, node, context));
        break;
      case 'min-ban':
        policy.minBanSeconds = Number(readValue(definition, node, context));
        break;
      case 'escalate':
        policy.escalateSeconds = readSteps(node, context);
        break;
      case 'widen':
        policy.widen = readWidths(node, context);
        break;
      case undefined: {
        const known = setPolicyKeys.map(({ name }) => name);
        const remedy = suggestion(key, known) ?? `a set can have ${known.join(', ')}`;
        refuse(context, node, `there is no key ${quote(key)} of a set`, remedy, ';');
      }
    }
  }
  checkTogether(policy, keys, context);
  return policy;
}

/** What each key alone may say, and not all of them together. */
function checkTogether(
  { minBanSeconds = 0, maxBanSeconds = Infinity, escalateSeconds = [], quorum = 1 }: SetPolicy,
  keys: Readonly<Record<string, ConfigTree>>,
  context: ReadContext,
): void {
  const fault = (key: string, problem: string): void => {
    refuse(context, keys[key], key, problem);
  };
  if (minBanSeconds > maxBanSeconds) fault('min-ban', 'is longer than max-ban; lower one of them');
  if ((escalateSeconds.at(-1) ?? 0) > maxBanSeconds) {
    fault('escalate', 'has a step that is longer than max-ban, which would cut it short');
  }
  if (keys['quorum-by'] !== undefined && quorum === 1) {
    fault('quorum-by', 'belongs to a quorum of 2 or more');
  }
}

function readValue(definition: OptionDefinition, node: ConfigTree, context: ReadContext): unknown {
  if (!('text' in node)) return refuse(context, node, definition.name, 'must be one value');
  const value = convert(definition, node.text);
  return value.ok ? value.value : refuse(context, node, definition.name, value.detail);
}

const MOST_STEPS = 8;

function readSteps(node: ConfigTree, context: ReadContext): number[] {
  const items = 'items' in node ? node.items : [node];
  if (items.length === 0 || items.length > MOST_STEPS) {
    refuse(context, node, 'escalate', 'is a list of 1 to 8 times, such as [1h, 1d, 7d]');
  }
  let before = 0;
  return items.map((item) => {
    const text = 'text' in item ? item.text : '';
    const seconds = durationSeconds(text) ?? 0;
    if (seconds <= 0) {
      const problem = `holds ${quote(text)}; a step is a time, such as 90, 10m, 1h30m or 2d`;
      refuse(context, item, 'escalate', problem);
    }
    if (seconds <= before) {
      refuse(context, item, 'escalate', `holds ${quote(text)}; each step is longer than the last`);
    }
    before = seconds;
    return seconds;
  });
}

const WIDTHS = { ipv4: 32, ipv6: 128 } as const;

function readWidths(node: ConfigTree, context: ReadContext): NonNullable<SetPolicy['widen']> {
  const widths: { ipv4?: number; ipv6?: number } = {};
  for (const [family, width] of Object.entries(keysOf(node, 'widen', context))) {
    if (family !== 'ipv4' && family !== 'ipv6') {
      const remedy = suggestion(family, Object.keys(WIDTHS)) ?? 'it has ipv4 and ipv6';
      return refuse(context, width, `there is no key ${quote(family)} of widen`, remedy, ';');
    }
    const name = `widen ${family}`;
    const limits = { minimum: 1, maximum: WIDTHS[family] };
    const definition = { name, type: 'integer', description: '', group: '', ...limits } as const;
    const length = Number(readValue(definition, width, context));
    const shortest = context.minPrefix[family];
    if (length < shortest) {
      const option = family === 'ipv4' ? 'min-prefix' : 'min-prefix6';
      const problem = `is ${String(length)}, and nothing wider than /${String(shortest)} may be banned (${option})`;
      refuse(context, width, name, problem);
    }
    widths[family] = length;
  }
  return widths;
}

function keysOf(
  node: ConfigTree,
  name: string,
  context: ReadContext,
): Readonly<Record<string, ConfigTree>> {
  return 'keys' in node
    ? node.keys
    : refuse(context, node, name, 'must hold keys of its own, indented below it');
}

function suggestion(typed: string, known: readonly string[]): string | undefined {
  const near = suggest(typed, known);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** `quorum in /etc/vallum/vallumd.yaml line 7 is "x"; …` */
function refuse(
  { path }: ReadContext,
  node: ConfigTree | undefined,
  what: string,
  problem: string,
  mark = '',
): never {
  throw new SetPolicyFault(
    `${what} in ${path} line ${String(node?.atLine ?? 1)}${mark} ${problem}`,
  );
}

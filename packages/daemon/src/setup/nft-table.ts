import { RULE_AND_SET_MARK, RULE_MARK } from '@vallum/core/backend';
import type { RuleKey } from './nft-lines.js';

/** What a table of nftables holds, without the elements of its sets. */
export interface NftTable {
  /** `set blacklist`, `chain vallum-input`, `counter x` */
  readonly objects: ReadonlySet<string>;
  readonly rules: readonly FoundRule[];
}

export interface FoundRule {
  readonly chain: string;
  readonly handle: number;
  /** It carries setup's mark. */
  readonly ours: boolean;
  /** … the one of a rule whose set was made with it. */
  readonly madeSet: boolean;
  readonly key: RuleKey | undefined;
  /** Sets that it looks something up in. */
  readonly sets: readonly string[];
  /** The chain that it jumps to. */
  readonly target: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads `nft -j -t list table inet vallum`.
 *
 * @throws SyntaxError, TypeError for what is no such listing
 */
export function readNftTable(text: string): NftTable {
  const { nftables } = JSON.parse(text) as { readonly nftables: readonly Json[] };
  const objects = nftables.flatMap((entry) =>
    Object.entries(entry)
      .filter(([kind]) => !['metainfo', 'table', 'rule'].includes(kind))
      .map(([kind, value]) => `${kind} ${String((value as Json)['name'])}`),
  );
  const rules = nftables.flatMap(({ rule }) =>
    rule === undefined ? [] : [readRule(rule as Json)],
  );
  return { objects: new Set(objects), rules };
}

function readRule(rule: Json): FoundRule {
  const { comment } = rule;
  const expressions = Array.isArray(rule['expr']) ? (rule['expr'] as readonly Json[]) : [];
  const text = JSON.stringify(expressions);
  const sets = [...text.matchAll(/"@([^"]+)"/g)].map(([, name = '']) => name);
  const target = /"(?:jump|goto)":\s*\{"target":\s*"([^"]+)"/.exec(text)?.[1];
  return {
    chain: String(rule['chain']),
    handle: Number(rule['handle']),
    ours: comment === RULE_MARK || comment === RULE_AND_SET_MARK,
    madeSet: comment === RULE_AND_SET_MARK,
    key: keyOf(expressions, sets, target),
    sets,
    target,
  };
}

function keyOf(
  expressions: readonly Json[],
  [set]: readonly string[],
  target: string | undefined,
): RuleKey | undefined {
  const last = expressions.at(-1) ?? {};
  if (set !== undefined) return 'drop' in last ? `@${set}` : undefined;
  if (target !== undefined) return 'jump';
  return 'accept' in last ? 'established' : undefined;
}

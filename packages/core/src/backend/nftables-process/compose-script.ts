import { addressAt } from '../../address/address-columns.js';
import type { Family } from '../../address/address.js';
import { addressFromBytes } from '../../address/from-bytes.js';
import {
  allowChainLine,
  DROP_HOOKS,
  dropBySet,
  dropChainLine,
  dropChainName,
  jumpToAllow,
  setLine,
  setsBehind,
  tableLine,
} from '../nftables/drop-table.js';
import { bytesOf, type Interval, type Position } from '../../address/position.js';
import { FOR_EVER_MS } from '../nftables/seconds-left.js';
import { ADD_NEW, DELETE, NO_TIMEOUT } from '../backend.js';
import type { CreatePlan, ElementChanges, NftSet, Piece } from '../nftables/set-driver.js';
import type { TableAddress } from '../nftables/table-address.js';

// Only checked text gets into a script: names that are identifiers, canonical addresses, numbers.

/**
 * The lines for one change of a hash set. An element that is there gets its new end by being taken
 * out and put back in the same transaction; the first line makes sure that there is one to take out.
 */
export function elementLines(
  table: TableAddress,
  { columns, set }: Pick<ElementChanges, 'columns' | 'set'>,
  row: number,
): string[] {
  const place = `element ${table.family} ${table.table} ${set.name}`;
  const { text } = addressAt(columns, row);
  const op = columns.ops[row];
  if (op === DELETE) return [`delete ${place} { ${text} }`];
  const { defaultTimeoutMs } = set;
  const seconds = columns.timeoutSeconds[row] ?? NO_TIMEOUT;
  const timeoutMs = seconds === NO_TIMEOUT ? defaultTimeoutMs : seconds * 1000;
  const clause =
    defaultTimeoutMs === undefined ? '' : timeoutClause(timeoutMs ?? 0, defaultTimeoutMs);
  const element = `${place} { ${text}${clause} }`;
  if (op === ADD_NEW) return [`create ${element}`];
  if (defaultTimeoutMs === undefined) return [`add ${element}`];
  return [`add ${element}`, `delete ${place} { ${text} }`, `add ${element}`];
}

/**
 * Stands between additions, where it has to be known which is bad: nft puts those that follow each
 * other into one message, and then names the wrong one.
 */
export function separator(table: TableAddress): string {
  return tableLine(table);
}

/** One line that takes out, one that puts in. */
export function intervalLines(
  table: TableAddress,
  set: NftSet,
  family: Family,
  removed: readonly Interval[],
  added: readonly Piece[],
  nowMs: number,
): string[] {
  const place = `element ${table.family} ${table.table} ${set.name}`;
  const lines: string[] = [];
  if (removed.length > 0) {
    const ranges = removed.map((interval) => range(interval, family));
    lines.push(`delete ${place} { ${ranges.join(', ')} }`);
  }
  if (added.length > 0) {
    const elements = added.map((piece) => {
      const { endsAtMs, comment } = piece;
      const timeout =
        set.defaultTimeoutMs === undefined
          ? ''
          : timeoutClause(
              endsAtMs === Infinity ? 0 : Math.max(1, Math.round(endsAtMs - nowMs)),
              set.defaultTimeoutMs,
            );
      return `${range(piece, family)}${timeout}${comment === undefined ? '' : ` comment "${comment}"`}`;
    });
    lines.push(`add ${place} { ${elements.join(', ')} }`);
  }
  return lines;
}

/**
 * All that `create` makes; refused as a whole where the set exists.
 *
 * @param there sets that rules look up already, and chains that hold rules already
 */
export function createLines(
  table: TableAddress,
  { spec, chain: base }: CreatePlan,
  there: { readonly sets: ReadonlySet<string>; readonly chains: ReadonlySet<string> },
): string[] {
  const sets = setsBehind(spec);
  const lines = [
    tableLine(table),
    ...sets.map((set) => setLine(table, set.interval ? 'add' : 'create', spec, set)),
  ];
  if (base === undefined) return lines;
  const place = `${table.family} ${table.table}`;
  lines.push(allowChainLine(table, base));
  for (const hook of DROP_HOOKS) {
    const chain = dropChainName(base, hook);
    const rules = [
      ...(there.chains.has(chain) ? [] : [jumpToAllow(base)]),
      ...sets
        .filter(({ name }) => !there.sets.has(name))
        .map(({ name }) => dropBySet(name, spec.family)),
    ];
    lines.push(
      dropChainLine(table, base, hook),
      ...rules.map((rule) => `add rule ${place} ${chain} ${rule}`),
    );
  }
  return lines;
}

function range({ first, last }: Interval, family: Family): string {
  const text = (position: Position): string =>
    addressFromBytes(family, bytesOf(position, family)).text;
  return first === last ? text(first) : `${text(first)}-${text(last)}`;
}

/** nft takes `timeout 0s` for none given: where a set has a default, for ever is a hundred years. */
function timeoutClause(timeoutMs: number, defaultTimeoutMs: number): string {
  if (timeoutMs > 0) return ` timeout ${duration(timeoutMs)}`;
  return defaultTimeoutMs === 0 ? '' : ` timeout ${duration(FOR_EVER_MS)}`;
}

/** `24d73800s500ms`: nft refuses numbers that are too large for its kind of 32 bits. */
function duration(milliseconds: number): string {
  const days = Math.floor(milliseconds / DAY_MS);
  const seconds = Math.floor((milliseconds % DAY_MS) / 1000);
  return `${days}d${seconds}s${milliseconds % 1000}ms`;
}

const DAY_MS = 86_400_000;

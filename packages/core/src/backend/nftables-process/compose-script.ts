import { addressAt } from '../../address/address-columns.js';
import type { Family } from '../../address/address.js';
import { addressFromBytes } from '../../address/from-bytes.js';
import { nftablesFilterHook } from '../nftables/filter-hook.js';
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
export function separator({ family, table }: TableAddress): string {
  return `add table ${family} ${table}`;
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

/** All that `create` makes; refused as a whole where the set exists. */
export function createLines(
  table: TableAddress,
  { spec, prefixSet, chain }: CreatePlan,
  ruled: ReadonlySet<string>,
): string[] {
  const { family, table: name } = table;
  const { defaultTimeoutSeconds, maxEntries } = spec;
  const set = (verb: string, setName: string, interval: boolean): string => {
    const flags = [
      ...(interval ? ['interval'] : []),
      ...(defaultTimeoutSeconds === undefined ? [] : ['timeout']),
    ];
    const clauses = [
      `type ${spec.family === 'ipv4' ? 'ipv4_addr' : 'ipv6_addr'}`,
      ...(flags.length === 0 ? [] : [`flags ${flags.join(', ')}`]),
      ...(defaultTimeoutSeconds ? [`timeout ${defaultTimeoutSeconds}s`] : []),
      ...(maxEntries === undefined ? [] : [`size ${maxEntries}`]),
    ];
    return `${verb} set ${family} ${name} ${setName} { ${clauses.join('; ')}; }`;
  };
  const sets = [spec.set, ...(prefixSet === undefined ? [] : [prefixSet])];
  const header = spec.family === 'ipv4' ? 'ip' : 'ip6';
  return [
    `add table ${family} ${name}`,
    set('create', spec.set, false),
    ...(prefixSet === undefined ? [] : [set('add', prefixSet, true)]),
    ...(chain === undefined
      ? []
      : [
          `add chain ${family} ${name} ${chain} { ${nftablesFilterHook()} policy accept; }`,
          ...sets
            .filter((setName) => !ruled.has(setName))
            .map(
              (setName) => `add rule ${family} ${name} ${chain} ${header} saddr @${setName} drop`,
            ),
        ]),
  ];
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

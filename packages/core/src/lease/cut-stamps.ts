import type { EntryColumns } from '../message/entry-columns.js';

/** How far ahead of the receiver's clock a stamp may lie. */
export const MAX_STAMP_LEAD_MS = 60_000;

/**
 * Cuts the stamps of entries `from` to `to` (exclusive) that lie too far ahead to this node's clock, in
 * place: a clock that is wrong by years must not make a ban that nobody can end.
 * @returns how many
 */
export function cutStamps(columns: EntryColumns, from: number, to: number, nowMs: number): number {
  const { stamps } = columns;
  let cut = 0;
  for (let index = from; index < to; index++) {
    if ((stamps[index] ?? 0) <= nowMs + MAX_STAMP_LEAD_MS) continue;
    stamps[index] = nowMs;
    cut += 1;
  }
  return cut;
}

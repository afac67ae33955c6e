import { addressTextAt } from '../address/address-columns.js';
import { UNBAN } from '../message/entry-columns.js';
import { messageOf } from '../words/message-of.js';
import type { EntryWork } from './entry-work.js';
import { isFinal, judgeBan, judgeUnban } from './judge-entry.js';
import { makeReport } from './make-report.js';
import type { RowVerdict } from './row-verdict.js';
import type { Telling } from './telling.js';
import type { Upkeep } from './upkeep.js';

/**
 * Tells what became of some entries of a work, given what became of their rows.
 *
 * @returns the first fault of ours, which costs the entries that it met
 */
export function tellEntries(
  upkeep: Upkeep,
  work: EntryWork,
  from: number,
  verdicts: readonly RowVerdict[],
  nowUnix: number,
): string | undefined {
  let fault: string | undefined;
  verdicts.forEach((given, offset) => {
    const index = from + offset;
    const detail = work.faults.get(index);
    const verdict: RowVerdict = detail === undefined ? given : { fault: 'internal', detail };
    if (typeof verdict === 'object' && !isFinal(upkeep, verdict)) work.unsettled += 1;
    const telling = work.tellings[work.batch.messages[index] ?? 0];
    if (telling === undefined) return;
    const { left } = telling;
    try {
      tellEntry(upkeep, work, index, telling, verdict, nowUnix);
    } catch (error) {
      const message = messageOf(error);
      fault ??= message;
      if (telling.left === left) tellFault(upkeep, work, index, telling, message);
    }
  });
  work.told = from + verdicts.length;
  if (work.told === work.batch.length) work.finished();
  return fault;
}

/** In place of the report that could not be made. */
function tellFault(
  { set }: Upkeep,
  { batch }: EntryWork,
  index: number,
  telling: Telling,
  message: string,
): void {
  const place = batch.places[index] ?? 0;
  const shown = telling.placeOf(place);
  telling.fail(
    {
      outcome: 'failed',
      via: telling.via,
      ...(shown === undefined ? {} : { place: shown }),
      set,
      address: addressTextAt(batch, index),
      action: batch.actions[index] === UNBAN ? 'unban' : 'ban',
      code: 'internal',
      detail: `internal error: ${message}`,
      willRetry: false,
    },
    place,
  );
}

function tellEntry(
  upkeep: Upkeep,
  work: EntryWork,
  index: number,
  telling: Telling,
  verdict: RowVerdict,
  nowUnix: number,
): void {
  const { batch } = work;
  const action = batch.actions[index] === UNBAN ? 'unban' : 'ban';
  const { outcome, code } =
    action === 'ban'
      ? judgeBan(upkeep, work, index, verdict, nowUnix, telling)
      : judgeUnban(upkeep, work, index, verdict);
  if (!telling.wants(outcome, action, code)) return;
  const report = makeReport(upkeep, work, index, telling, {
    outcome,
    code,
    action,
    verdict,
    nowUnix,
  });
  telling.tell(report, batch.places[index] ?? 0);
}

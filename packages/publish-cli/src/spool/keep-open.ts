import type { Report } from '../report.js';
import type { StopCause } from '../send.js';
import type { SpooledState } from './folder.js';
import type { ToKeep } from './keep.js';
import { loadSpool } from './load.js';
import type { Unconfirmed } from './unconfirmed.js';
import type { Receiver } from './while-connected.js';

/** A list that comes by a pipe and pauses longer than this may never end. */
const LONGEST_PAUSE_MS = 1_000;

export interface KeepRequest {
  readonly folder: string;
  readonly receiver: Receiver;
  /** What it keeps, in a word to count. */
  readonly noun: string;
  readonly askedMs: number;
  /** Unix milliseconds. */
  readonly nowMs: number;
  readonly cause: StopCause | 'unheard';
  /** Of `unreachable`: it was tried for a moment only, see patience.ts. Default false. */
  readonly isBrief?: boolean;
  /** Whether all of the input is sure to come. */
  readonly isFinite: boolean;
}

/** What is known of a message by how its sending ended. */
const STATES: Partial<Record<KeepRequest['cause'], SpooledState>> = {
  unheard: 'u',
  'cut-off': 's',
};

/**
 * Keeps what the broker has not confirmed, and what would have followed.
 *
 * @returns whether all of it is kept, and the lines that say so
 */
export async function keepOpen<Message extends ToKeep>(
  open: Unconfirmed<Message>,
  request: KeepRequest,
  report: Report,
): Promise<{ readonly isKept: boolean; readonly lines: readonly string[] }> {
  const { folder, receiver, noun, askedMs, nowMs, cause, isBrief = false, isFinite } = request;
  const { keepMessages, describeKept, noteAway } = await loadSpool();
  const unheard = cause === 'unheard';
  const end: { rest?: 'all' | 'idle' } = {};
  async function* messages() {
    end.rest = yield* open.rest(isFinite ? Infinity : LONGEST_PAUSE_MS);
  }
  const why = isBrief ? `still ${cause}` : cause;
  const what = { ...receiver, askedMs, nowMs, why, state: STATES[cause] ?? 'k' };
  const kept = await keepMessages(folder, messages(), what);
  if (cause === 'unreachable' && !isBrief && kept.messages > 0) noteAway(folder, receiver, nowMs);
  report.facts['kept'] = { entries: kept.entries, messages: kept.messages };
  const failure =
    kept.failure ?? (end.rest === 'idle' ? 'what the list would still bring' : undefined);
  const told = failure === undefined ? kept : { ...kept, failure };
  return {
    isKept: failure === undefined,
    lines: describeKept(told, { folder, noun, unheard }),
  };
}

/** Whether somebody may keep it where this is why it was not delivered. */
export function isToBeKept(cause: StopCause): boolean {
  return cause !== 'interrupted';
}

/**
 * What time alone may mend is no failure of a call whose message is kept. A broker that ends every
 * connection wants somebody to look.
 */
export function endsWell(cause: StopCause): boolean {
  return cause === 'unreachable' || cause === 'unconfirmed';
}

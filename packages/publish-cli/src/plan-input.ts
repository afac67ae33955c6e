import { readInput } from './input.js';
import type { OpenList } from './open-list.js';
import { MessagePlan, planStream, type BadEntry, type PlannedMessage } from './plan-messages.js';
import type { PublishIo } from './publish-io.js';
import type { PublishRequest } from './request.js';
import type { Tally } from './tally.js';

/** Bytes of a list that is long for sure: thousands of entries. */
const LONG_LIST_BYTES = 256 * 1024;

/** A short list goes at once. */
export function isLong(list: OpenList | undefined): boolean {
  return (list?.size ?? 0) > LONG_LIST_BYTES;
}

/** Everything there is to send, in messages. */
export function planInput(
  request: PublishRequest,
  list: OpenList | undefined,
  { nowMs = Date.now }: PublishIo,
  tally: Tally,
  onRead: (entries: number, estimate: number) => void = () => undefined,
): AsyncGenerator<PlannedMessage, void> {
  const events = {
    bad(entry: BadEntry) {
      tally.rejected(entry);
    },
    duplicate() {
      tally.duplicates += 1;
    },
    read: onRead,
  };
  const plan = new MessagePlan(request, nowMs(), events, isLong(list));
  const steps = readInput(request, list, plan, nowMs, events);
  // Only a list keeps one waiting.
  return planStream(steps, plan, list === undefined ? { idleMs: Infinity } : {});
}

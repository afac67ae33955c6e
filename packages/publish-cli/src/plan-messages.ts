import { encodeEntries, type OutgoingMessage } from '@vallum/core';
import type { PlacedCommand } from './check-entries.js';
import type { PublishRequest } from './request.js';

/** A message and whose entries it carries, so that its confirmation can be told to people. */
export interface PlannedMessage extends OutgoingMessage {
  readonly payload: string;
  readonly entries: readonly PlacedCommand[];
}

/**
 * Puts commands into as few messages as fit. One bare address makes exactly the message of
 * `mosquitto_pub -t blacklist/add -m 192.0.2.7`: no line feed, not retained.
 */
export function planMessages(
  commands: readonly PlacedCommand[],
  request: Pick<PublishRequest, 'topic' | 'qos'>,
): PlannedMessage[] {
  let taken = 0;
  return encodeEntries(commands.map(({ command }) => command)).map((payload) => {
    const entries = commands.slice(taken, taken + payload.split('\n').length);
    taken += entries.length;
    return { topic: request.topic, qos: request.qos, payload, entries };
  });
}

/** So many bare addresses are more than one message holds. */
const ENOUGH_FOR_A_MESSAGE = 8192;

export interface PlanOptions {
  /**
   * Waits longer than this for more input: what is there already is sent. Default 200 ms; Infinity
   * where the input does not have to be waited for.
   */
  readonly idleMs?: number;
}

/** `planMessages` for commands that keep coming. Only the last message is not filled. */
export async function* planStream(
  batches: AsyncIterable<readonly PlacedCommand[]>,
  request: Pick<PublishRequest, 'topic' | 'qos'>,
  { idleMs = 200 }: PlanOptions = {},
): AsyncGenerator<PlannedMessage, void> {
  const iterator = batches[Symbol.asyncIterator]();
  let pending: PlacedCommand[] = [];
  try {
    let next = iterator.next();
    for (;;) {
      const batch = pending.length === 0 ? await next : await soonEnough(next, idleMs);
      if (batch === 'idle') {
        yield* planMessages(pending, request);
        pending = [];
        continue;
      }
      if (batch.done === true) break;
      next = iterator.next();
      // A rejection that comes while a message waits to be taken is met by the next await.
      next.catch(() => undefined);
      pending = pending.concat(batch.value);
      if (pending.length < ENOUGH_FOR_A_MESSAGE) continue;
      const messages = planMessages(pending, request);
      pending = [...(messages.pop()?.entries ?? [])];
      yield* messages;
    }
    yield* planMessages(pending, request);
  } finally {
    void iterator.return?.().catch(() => undefined);
  }
}

async function soonEnough<Value>(next: Promise<Value>, idleMs: number): Promise<Value | 'idle'> {
  if (idleMs === Infinity) return next;
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<'idle'>((resolve) => {
    timer = setTimeout(() => {
      resolve('idle');
    }, idleMs);
  });
  try {
    return await Promise.race([next, idle]);
  } finally {
    clearTimeout(timer);
  }
}

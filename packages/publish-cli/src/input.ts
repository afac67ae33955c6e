import { escapeForDisplay, parseAddress } from '@vallum/core';
import { EntryReader, ListReader } from '@vallum/core/protocol';
import type { OpenList } from './open-list.js';
import type { BadEntry, MessagePlan } from './plan-messages.js';
import type { PublishRequest } from './request.js';

export interface InputEvents {
  bad(entry: BadEntry): void;
  /** How many entries there are so far, and how many there will be in all as far as one can guess. */
  read(entries: number, estimate: number): void;
}

/**
 * Adds everything there is to send to the plan, in the order of the command line and then of the list,
 * a piece of the list at each step.
 *
 * @param nowMs what is typed or piped in comes when it comes, and is stamped so; a file is one request
 */
export async function* readInput(
  request: PublishRequest,
  list: OpenList | undefined,
  plan: MessagePlan,
  nowMs: () => number,
  events: InputEvents,
): AsyncGenerator<void, void> {
  addAddresses(request.addresses, plan, events);
  events.read(plan.planned, plan.planned);
  yield;
  if (list === undefined) return;
  let bytes = 0;
  const reader = new ListReader({
    entry: (entry, line, chunk, start) => {
      plan.add(entry, list.name, line, chunk, start);
    },
    rejected: ({ input, detail }, line) => {
      events.bad({ place: `${list.name}:${line.toString()}`, input, detail });
    },
  });
  for await (const chunk of list.chunks) {
    if (list.size === undefined) plan.nowMs = nowMs();
    reader.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    bytes += chunk.length;
    const share = list.size === undefined ? 1 : Math.min(1, bytes / list.size);
    events.read(plan.planned, Math.round(plan.planned / share));
    yield;
  }
  reader.end();
}

function addAddresses(addresses: readonly string[], plan: MessagePlan, events: InputEvents): void {
  const entry = new EntryReader();
  for (const text of addresses) {
    const address = parseAddress(text);
    const place = 'command line';
    if (!address.ok) {
      events.bad({ place, input: escapeForDisplay(text), detail: address.detail });
      continue;
    }
    entry.take({ address: address.value });
    plan.add(entry, place);
  }
}

import { parseAddress } from '@vallum/core';
import { EntryReader, topicFor } from '@vallum/core/protocol';
import { MessagePlan, type PlannedMessage } from '../plan-messages.js';
import type { PublishRequest } from '../request.js';
import type { Changes } from './bring-in-step.js';
import type { SyncRequest } from './sync-request.js';

/** A message, and what stands in it. */
export interface ChangeMessage extends PlannedMessage {
  readonly action: PublishRequest['action'];
  readonly addresses: readonly string[];
}

/** More at once would keep a million addresses twice in memory. */
const PIECE = 4_096;

/** From so many on the first messages are small, for nodes that had little to do until then. */
const MANY = 4_096;

/** The messages that make the changes known: first all bans, then all withdrawals. */
export async function* planChanges(
  { stampMs, end, bans, withdrawals }: Changes,
  request: Pick<SyncRequest, 'publish' | 'topic'>,
): AsyncGenerator<ChangeMessage, void> {
  yield* messagesOf('ban', bans, { until: end }, stampMs, request);
  yield* messagesOf('unban', withdrawals, {}, stampMs, request);
}

async function* messagesOf(
  action: PublishRequest['action'],
  addresses: readonly string[],
  terms: PublishRequest['terms'],
  stampMs: number,
  { publish, topic }: Pick<SyncRequest, 'publish' | 'topic'>,
): AsyncGenerator<ChangeMessage, void> {
  const all = { ...publish, action, terms, topic: topicFor(topic, action) };
  const plan = new MessagePlan(all, stampMs, UNEXPECTED, addresses.length > MANY);
  const entry = new EntryReader();
  let sent = 0;
  const full = (rest: boolean) =>
    plan.take(rest).map((message) => {
      const from = sent;
      sent += message.entries;
      return { ...message, action, addresses: addresses.slice(from, sent) };
    });
  for (let start = 0; start < addresses.length; start += PIECE) {
    for (const text of addresses.slice(start, start + PIECE)) {
      const address = parseAddress(text);
      if (!address.ok) throw new Error(`not an address in the state: ${address.detail}`);
      entry.take({ address: address.value });
      plan.add(entry, text);
    }
    yield* full(false);
  }
  yield* full(true);
}

/** The list was checked, and has nothing twice: what is left out here would count as sent. */
const UNEXPECTED = {
  bad({ input, detail }: { readonly input: string; readonly detail: string }): never {
    throw new Error(`not to be banned: ${input}: ${detail}`);
  },
  duplicate(): never {
    throw new Error('an address stands in the list twice');
  },
};

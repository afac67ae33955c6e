import { setMaxListeners } from 'node:events';
import type { Report } from '../enforce/report.js';
import type { Command } from '../message/command.js';
import { encodeEntries } from '../message/encode.js';
import { topicFor, type Binding } from '../message/topic.js';
import type { PublishOptions, Transport } from '../transport/transport.js';

/** Messages that wait for their confirmation at a time: an outbox has room for only so many. */
const MOST_IN_FLIGHT = 100;

/** Sends commands of one action to one topic in few messages; resolves when all are confirmed. */
export async function publishCommands(
  transport: Transport,
  { topic }: Binding,
  action: Command['action'],
  commands: readonly Command[],
  { signal: given }: PublishOptions,
): Promise<void> {
  const payloads = encodeEntries(commands)[Symbol.iterator]();
  let isGivenUp = false;
  const own = new AbortController();
  const giveUp = (): void => {
    own.abort(given?.reason);
  };
  if (given?.aborted === true) giveUp();
  given?.addEventListener('abort', giveUp, { once: true });
  // Every message that waits listens to it: Node takes more than ten for a leak.
  setMaxListeners(MOST_IN_FLIGHT, own.signal);
  const options = given === undefined ? {} : { signal: own.signal };
  const sendSome = async (): Promise<void> => {
    // The iterator is one for all: each takes the next that nobody has taken.
    for (const payload of { [Symbol.iterator]: () => ({ next: () => payloads.next() }) }) {
      if (isGivenUp) return;
      await transport.publish({ topic: topicFor(topic, action), payload, qos: 1 }, options);
    }
  };
  const senders = Array.from({ length: MOST_IN_FLIGHT }, sendSome);
  try {
    await Promise.all(senders);
  } finally {
    isGivenUp = true;
    given?.removeEventListener('abort', giveUp);
  }
}

/** The report on a command that was sent and is enforced elsewhere. */
export function published(command: Command, place: string | undefined): Report {
  const { action, set, address, origin } = command;
  return {
    outcome: 'published',
    action,
    via: 'local',
    ...(place === undefined ? {} : { place }),
    set,
    address: address.text,
    ...(origin === undefined ? {} : { origin }),
    ...(command.action === 'ban' && command.reason !== undefined ? { reason: command.reason } : {}),
  };
}

import type { Request } from '../enforce/work.js';
import type { Command } from '../message/command.js';
import { encodeEntries } from '../message/encode.js';
import { topicFor, type Binding } from '../message/topic.js';
import type { Report } from '../enforce/report.js';
import type { Transport } from '../transport/transport.js';

/** Sends commands of one action to one topic in few messages; resolves when all are confirmed. */
export async function publishCommands(
  transport: Transport,
  { topic }: Binding,
  action: Command['action'],
  requests: readonly Request[],
): Promise<void> {
  const payloads = encodeEntries(requests.map(({ command }) => command));
  await Promise.all(
    payloads.map((payload) =>
      transport.publish({ topic: topicFor(topic, action), payload, qos: 1 }),
    ),
  );
}

/** The report on a command that was sent and is enforced elsewhere. */
export function published({ command, via }: Request): Report {
  const { action, set, address, origin } = command;
  return {
    outcome: 'published',
    action,
    via,
    set,
    address: address.text,
    ...(origin === undefined ? {} : { origin }),
    ...(command.action === 'ban' && command.reason !== undefined ? { reason: command.reason } : {}),
  };
}

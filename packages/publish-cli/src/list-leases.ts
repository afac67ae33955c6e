import { VallumError } from '@vallum/core';
import { parseBinding } from '@vallum/core/protocol';
import { toMqttOptions } from '@vallum/options';
import { NotConnected, visitNodes } from './ask/visit-nodes.js';
import type { ConnectionChoice } from './carry-out.js';
import { withDefaultHost } from './connect.js';
import { UnreadableList, type OpenList } from './open-list.js';
import type { PublishIo } from './publish-io.js';
import type { PublishRequest } from './request.js';

/**
 * What an origin has banned, as nodes say it: a list for `del`.
 *
 * @throws UnreadableList where nobody could be asked, or nobody answers
 */
export async function listLeases(
  request: PublishRequest,
  options: ConnectionChoice,
  io: Pick<PublishIo, 'signal'>,
): Promise<OpenList> {
  const { origin = '', waitSeconds, topic, set } = request;
  const mqtt = toMqttOptions(options.values, options.places);
  if (!mqtt.ok) throw new UnreadableList(mqtt.detail);
  const prefix = topic.slice(0, topic.lastIndexOf('/'));
  const binding = parseBinding(`${prefix}=${set}`);
  if (!binding.ok) throw new UnreadableList(binding.detail);
  const broker = withDefaultHost(mqtt.value);
  try {
    const found = await visitNodes(
      broker,
      binding.value,
      waitSeconds,
      io.signal,
      ({ node, waiting }) => node.leasesOf(origin, waiting),
    );
    const bytes = Buffer.from(found.join('\n'));
    return { name: 'the nodes', size: bytes.length, chunks: once(bytes) };
  } catch (error) {
    if (error instanceof NotConnected) {
      throw new UnreadableList(`nobody can be asked what to lift: ${error.message}`);
    }
    if (!(error instanceof VallumError)) throw error;
    throw new UnreadableList(`what ${origin} has banned could not be found out: ${error.message}`, {
      cause: error,
    });
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield await Promise.resolve(bytes);
}

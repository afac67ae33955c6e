import { createVallum, VallumError, type Vallum } from '@vallum/core';
import { createMqttTransport } from '@vallum/core/mqtt';
import { parseBinding } from '@vallum/core/protocol';
import { toMqttOptions, withRemedy } from '@vallum/options';
import type { ConnectionChoice } from './carry-out.js';
import { withDefaultHost } from './connect.js';
import { UnreadableList, type OpenList } from './open-list.js';
import type { PublishIo } from './publish-io.js';
import type { PublishRequest } from './request.js';

/** Nodes that are there answer within milliseconds. */
const LONGEST_ANSWER_MS = 1_000;

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
  const cancel = new AbortController();
  io.signal?.addEventListener('abort', () => {
    cancel.abort();
  });
  const broker = withDefaultHost(mqtt.value);
  const transport = createMqttTransport({ ...broker, connectTimeoutMs: 1000 * waitSeconds });
  const node = await createVallum({ topics: [binding.value], transport });
  const timer = setTimeout(() => {
    cancel.abort();
  }, 1000 * waitSeconds);
  try {
    await connected(node, cancel.signal);
    const timeoutMs = Math.min(LONGEST_ANSWER_MS, 1000 * waitSeconds);
    const found = await node.leasesOf(origin, { timeoutMs, signal: cancel.signal });
    const bytes = Buffer.from(found.join('\n'));
    return { name: 'the nodes', size: bytes.length, chunks: once(bytes) };
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    throw new UnreadableList(`what ${origin} has banned could not be found out: ${error.message}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    await node.close();
  }
}

/** @throws UnreadableList with what the broker said last */
function connected(node: Vallum, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let last = 'no connection to the broker within --wait';
    const giveUp = () => {
      reject(new UnreadableList(`nobody can be asked what to lift: ${last}`));
    };
    signal.addEventListener('abort', giveUp, { once: true });
    node.on('connection', (state) => {
      if (state.state === 'connected') resolve();
      else last = withRemedy(state.detail, state.code);
      if (state.state === 'refused') giveUp();
    });
  });
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield await Promise.resolve(bytes);
}

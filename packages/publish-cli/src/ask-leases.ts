import { createVallum, VallumError, type Vallum } from '@vallum/core';
import { createMqttTransport, type MqttOptions } from '@vallum/core/mqtt';
import { parseBinding } from '@vallum/core/protocol';
import { withRemedy } from '@vallum/options';
import { clientName } from './ask/client-name.js';
import type { PublishIo } from './publish-io.js';

/** Nodes that are there answer within milliseconds. */
const LONGEST_ANSWER_MS = 1_000;

export interface LeasesQuestion {
  readonly origin: string;
  /** Topic prefix. */
  readonly topic: string;
  readonly set: string;
  /** For a connection, and for each answer. */
  readonly waitSeconds: number;
}

/** What an origin has banned as nodes say it, in canonical form; or why that could not be found out. */
export type AskedLeases =
  | { readonly kind: 'told'; readonly addresses: readonly string[] }
  | { readonly kind: 'unknown'; readonly detail: string };

/** Asks all nodes what an origin has banned, over a connection of its own. */
export async function askLeases(
  broker: MqttOptions,
  { origin, topic, set, waitSeconds }: LeasesQuestion,
  { signal }: Pick<PublishIo, 'signal'>,
): Promise<AskedLeases> {
  const binding = parseBinding(`${topic}=${set}`);
  if (!binding.ok) return { kind: 'unknown', detail: binding.detail };
  const waitMs = 1000 * waitSeconds;
  const cancel = new AbortController();
  const abort = () => {
    cancel.abort();
  };
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort);
  const timer = setTimeout(abort, waitMs);
  let node: Vallum | undefined;
  try {
    const transport = createMqttTransport({ ...broker, connectTimeoutMs: waitMs });
    node = await createVallum({
      topics: [binding.value],
      transport,
      asks: { client: clientName(broker) },
    });
    await connected(node, cancel.signal);
    clearTimeout(timer);
    const timeoutMs = Math.min(LONGEST_ANSWER_MS, waitMs);
    const addresses = await node.leasesOf(origin, { timeoutMs, signal: cancel.signal });
    return { kind: 'told', addresses };
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    return { kind: 'unknown', detail: error.message };
  } finally {
    clearTimeout(timer);
    await node?.close();
  }
}

/** @throws VallumError with what the broker said last */
function connected(node: Vallum, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let last = 'no connection to the broker within --wait';
    const giveUp = () => {
      reject(new VallumError(last, { code: 'BROKER_UNREACHABLE', operation: 'ask nodes' }));
    };
    signal.addEventListener('abort', giveUp, { once: true });
    node.on('connection', (state) => {
      if (state.state === 'connected') resolve();
      else last = withRemedy(state.detail, state.code);
      if (state.state === 'refused') giveUp();
    });
    if (signal.aborted) giveUp();
  });
}

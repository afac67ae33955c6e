import { createVallum, type Vallum } from '@vallum/core';
import { createMqttTransport, type MqttOptions } from '@vallum/core/mqtt';
import type { Binding } from '@vallum/core/protocol';
import { withRemedy } from '@vallum/options';
import type { Interruption } from '../interruption.js';
import { clientName } from './client-name.js';

/** Nodes that are there answer within milliseconds. */
const LONGEST_ANSWER_MS = 1_000;

export interface Visit {
  readonly node: Vallum;
  /** How long nodes are waited for, and what ends that. */
  readonly waiting: { readonly timeoutMs: number; readonly signal: AbortSignal };
}

/** There is no connection by which anybody could be asked. */
export class NotConnected extends Error {
  constructor(
    message: string,
    /** The broker does not let this user in. */
    readonly isRefused: boolean,
  ) {
    super(message);
  }
}

/**
 * Connects, in order to ask nodes something, and disconnects.
 *
 * @param waitSeconds for a connection, and for each answer
 * @throws NotConnected with what the broker said last
 * @throws what `ask` throws
 */
export async function visitNodes<Found>(
  broker: MqttOptions,
  binding: Binding,
  waitSeconds: number,
  interruption: Interruption | undefined,
  ask: (visit: Visit) => Promise<Found>,
): Promise<Found> {
  const cancel = new AbortController();
  const giveUp = () => {
    cancel.abort();
  };
  if (interruption?.aborted === true) giveUp();
  interruption?.addEventListener('abort', giveUp);
  const waitMs = 1000 * waitSeconds;
  const timer = setTimeout(giveUp, waitMs);
  let node: Vallum | undefined;
  try {
    node = await createVallum({
      topics: [binding],
      transport: createMqttTransport({ ...broker, connectTimeoutMs: waitMs }),
      asks: { client: clientName(broker) },
    });
    await connected(node, cancel.signal);
    // A question has a time of its own.
    clearTimeout(timer);
    const timeoutMs = Math.min(LONGEST_ANSWER_MS, waitMs);
    return await ask({ node, waiting: { timeoutMs, signal: cancel.signal } });
  } finally {
    clearTimeout(timer);
    interruption?.removeEventListener('abort', giveUp);
    await node?.close();
  }
}

function connected(node: Vallum, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let last = 'no connection to the broker within --wait';
    let isRefused = false;
    const giveUp = () => {
      reject(new NotConnected(last, isRefused));
    };
    signal.addEventListener('abort', giveUp, { once: true });
    node.on('connection', (state) => {
      if (state.state === 'connected') resolve();
      else last = withRemedy(state.detail, state.code);
      isRefused = state.state === 'refused';
      if (isRefused) giveUp();
    });
    // While the node was made.
    if (signal.aborted) giveUp();
  });
}

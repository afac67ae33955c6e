import { afterEach } from '@jest/globals';
import { waitFor } from '@vallum/test-kit';
import { createMqttTransport, type MqttOptions } from '../../src/mqtt/index.js';
import type {
  ConnectionState,
  Transport,
  TransportMessage,
} from '../../src/transport/transport.js';

export interface OpenedTransport {
  readonly transport: Transport;
  /** Everything the handlers were told, in order. */
  readonly states: ConnectionState[];
  readonly payloads: string[];
  readonly messages: TransportMessage[];
  readonly subscriptions: [filter: string, outcome: 'granted' | { readonly refused: string }][];
  readonly warnings: string[];
  /** Waits for the given state, after the one that was waited for before. */
  reaches<Name extends ConnectionState['state']>(
    name: Name,
  ): Promise<Extract<ConnectionState, { state: Name }>>;
  granted(...filters: string[]): Promise<void>;
  received(count: number): Promise<string[]>;
}

const opened: Transport[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});

/** A transport that remembers what it was told; closed at the end of the test. */
export function openTransport(
  options: MqttOptions,
  filters: readonly string[] = [],
  handle: (message: TransportMessage) => Promise<void> = () => Promise.resolve(),
): OpenedTransport {
  const transport = createMqttTransport({
    retry: { firstMs: 20, longestMs: 200, ...options.retry },
    ...options,
  });
  opened.push(transport);
  const states: ConnectionState[] = [];
  const messages: TransportMessage[] = [];
  const payloads: string[] = [];
  const subscriptions: OpenedTransport['subscriptions'] = [];
  const warnings: string[] = [];
  let next = 0;
  transport.subscribe(filters);
  transport.open({
    async message(message) {
      messages.push(message);
      payloads.push(Buffer.from(message.payload).toString());
      await handle(message);
    },
    connection: (state) => states.push(state),
    subscription: (filter, outcome) => subscriptions.push([filter, outcome]),
    warning: (text) => warnings.push(text),
  });
  return {
    transport,
    states,
    messages,
    payloads,
    subscriptions,
    warnings,
    async reaches(name) {
      type Wanted = Extract<ConnectionState, { state: typeof name }>;
      return waitFor(
        () => {
          const index = states.findIndex(({ state }, at) => at >= next && state === name);
          if (index === -1) return undefined;
          next = index + 1;
          return states[index] as Wanted;
        },
        { what: `state ${name} after ${JSON.stringify(states)}` },
      );
    },
    async granted(...wanted) {
      await waitFor(
        () =>
          wanted.every((filter) =>
            subscriptions.some(([name, outcome]) => name === filter && outcome === 'granted'),
          ),
        { what: `${wanted.join(', ')} to be granted` },
      );
    },
    async received(count) {
      await waitFor(() => payloads.length >= count, { what: `${count} messages` });
      return payloads;
    },
  };
}

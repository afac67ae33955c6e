import { afterEach, expect, it } from '@jest/globals';
import { startMosquitto, suiteNeeding, waitFor, type Mosquitto } from '@vallum/test-kit';
import { createMqttTransport } from '../../src/mqtt/index.js';
import type { Transport } from '../../src/transport/transport.js';
import { openTransport } from './opened-transport.js';

/** Two at a time: one that is not acknowledged takes half of the window. */
const WINDOW = 2;

suiteNeeding(['mosquitto'], 'a message that is acknowledged later than those behind it', () => {
  let receiver: Transport | undefined;
  afterEach(async () => {
    await receiver?.close();
  });

  /** A client that keeps its session, and whose acknowledgement of `late` waits. */
  async function receive(broker: Mosquitto, protocolVersion: 4 | 5) {
    const payloads: string[] = [];
    let release = (): void => undefined;
    const condition = new Promise<void>((resolve) => (release = resolve));
    const transport = createMqttTransport({
      url: broker.url,
      clientId: 'node1',
      cleanSession: false,
      protocolVersion,
    });
    receiver = transport;
    const granted = new Promise<void>((resolve) => {
      transport.subscribe(['bans']);
      transport.open({
        message: () => Promise.resolve(),
        messages: (messages) => {
          const texts = messages.map(({ payload }) => Buffer.from(payload).toString());
          payloads.push(...texts);
          return Promise.resolve(texts.map((text) => (text === 'late' ? condition : undefined)));
        },
        connection: () => undefined,
        subscription: () => {
          resolve();
        },
      });
    });
    await granted;
    return { transport, payloads, release };
  }
  const acknowledged = (broker: Mosquitto): number =>
    [...broker.log().matchAll(/Received PUBACK from node1/g)].length;

  it.each([4, 5] as const)(
    'holds up none of them, and alone comes again where the connection ends first (MQTT %d)',
    async (protocolVersion) => {
      const broker = await startMosquitto({ config: `max_inflight_messages ${String(WINDOW)}` });
      const first = await receive(broker, protocolVersion);
      const sender = openTransport({ url: broker.url });
      const behind = Array.from({ length: 10 }, (_, index) => `behind ${String(index)}`);
      for (const payload of ['late', ...behind]) {
        await sender.transport.publish({ topic: 'bans', payload, qos: 1 });
      }
      await waitFor(() => acknowledged(broker) === behind.length, { what: 'ten PUBACKs' });
      expect(first.payloads).toEqual(['late', ...behind]);

      await first.transport.close();
      const second = await receive(broker, protocolVersion);
      await sender.transport.publish({ topic: 'bans', payload: 'last', qos: 1 });
      await waitFor(() => second.payloads.includes('last'), { what: 'the last message' });
      expect(second.payloads).toEqual(['late', 'last']);
      second.release();
      await waitFor(() => acknowledged(broker) === behind.length + 2, { what: 'all PUBACKs' });

      await second.transport.close();
      const third = await receive(broker, protocolVersion);
      await sender.transport.publish({ topic: 'bans', payload: 'after', qos: 1 });
      await waitFor(() => third.payloads.includes('after'), { what: 'the message after it' });
      expect(third.payloads).toEqual(['after']);
      await broker.stop();
    },
  );
});

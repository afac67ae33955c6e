import { describe, expect, it } from '@jest/globals';
import type { Transport } from '../transport/transport.js';
import { createMemoryBroker } from './memory-broker.js';
import type { TransportSubject } from './transport-case.js';
import { transportContract } from './transport-contract.js';

function memorySubject(
  protocolVersion: 4 | 5,
  lie: (honest: Transport) => Partial<Transport> = () => ({}),
): Promise<TransportSubject> {
  const broker = createMemoryBroker({ brokerAddresses: ['192.0.2.1'] });
  const clients = new Map<string, Transport>();
  return Promise.resolve({
    create({ clientId, cleanSession = true, will, outbox }) {
      const honest = broker.transport(clientId, {
        ...{ cleanStart: cleanSession, protocolVersion },
        ...(will && { will }),
        ...(outbox && { outbox }),
      });
      clients.set(clientId, honest);
      return { ...honest, ...lie(honest) };
    },
    cut: () => {
      for (const clientId of clients.keys()) broker.cut(clientId);
      return Promise.resolve();
    },
    mend: () => {
      for (const clientId of clients.keys()) broker.mend(clientId);
      return Promise.resolve();
    },
    async dispose() {
      for (const client of clients.values()) await client.close();
    },
  });
}

describe('the transport contract', () => {
  for (const { title, run } of transportContract(() => memorySubject(5))) {
    it(`over the memory broker: ${title}`, run);
  }
  const old = { lacks: ['subscription-options'] } as const;
  for (const { title, run } of transportContract(() => memorySubject(4), old)) {
    it(`over the memory broker of MQTT 3.1.1: ${title}`, run);
  }

  async function failuresOf(lie: (honest: Transport) => Partial<Transport>): Promise<string[]> {
    const failed: string[] = [];
    for (const { title, run } of transportContract(() => memorySubject(5, lie))) {
      await run().catch(() => failed.push(title));
    }
    return failed;
  }

  it('fails a transport that gives up what it cannot send at once', async () => {
    const failed = await failuresOf((honest) => {
      let connected = false;
      return {
        open(handlers) {
          honest.open({
            ...handlers,
            connection(state) {
              connected = state.state === 'connected';
              handlers.connection(state);
            },
          });
        },
        publish: (message, options) =>
          connected ? honest.publish(message, options) : Promise.reject(new Error('not connected')),
      };
    });
    expect(failed).toContain('lets a message wait that is published before there is a connection');
    expect(failed).toContain('lets a message wait that is published while the broker is away');
  });

  it('fails a transport that does not heed the signal', async () => {
    const failed = await failuresOf((honest) => ({
      publish: (message, { signal: _ignored, ...options } = {}) => honest.publish(message, options),
    }));
    expect(failed).toEqual(['gives a message up when it is told to, and never sends it']);
  }, 30_000);

  it('fails a transport that takes a filter for no more than its text', async () => {
    const failed = await failuresOf((honest) => ({
      subscribe: (filters) => {
        honest.subscribe(filters.map((one) => (typeof one === 'string' ? one : one.filter)));
      },
    }));
    expect(failed).toEqual([
      'leaves out what the client itself has published, where that is asked for',
      'brings retained messages as it is asked to: always, to a new subscription, never',
    ]);
  }, 30_000);
});

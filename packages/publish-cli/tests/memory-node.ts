import { createMemoryBackend, createVallum, type Vallum } from '@vallum/core';
import type { SetName } from '@vallum/core/protocol';
import { createMqttTransport } from '@vallum/core/mqtt';
import { waitFor, type Mosquitto } from '@vallum/test-kit';

export interface MemoryNode {
  /** `198.51.100.1 web2.sshd`, of all that is banned, in order. */
  leases(): Promise<string[]>;
  readonly vallum: Vallum;
}

/** A whole node of the set and topic `blacklist`, that listens and answers; only its set is none of the kernel. */
export async function startMemoryNode(
  broker: Mosquitto,
  name: string,
  username?: string,
): Promise<MemoryNode> {
  const sets = (['ipv4', 'ipv6'] as const).map((family) => ({
    set: (family === 'ipv6' ? 'blacklist6' : 'blacklist') as SetName,
    ...({ type: 'hash:net', family, defaultTimeoutSeconds: 0 } as const),
  }));
  const vallum = await createVallum({
    topics: ['blacklist'],
    backend: createMemoryBackend({ sets }),
    transport: createMqttTransport({
      ...{ host: '127.0.0.1', port: broker.port, clientId: name, qos: 1 },
      // What comes while the broker has no connection to it waits there.
      ...{ cleanSession: false, sessionExpirySeconds: 3_600 },
      retry: { firstMs: 50, longestMs: 200 },
      ...(username === undefined ? {} : { username, password: 'x' }),
    }),
    answers: { node: name },
    policy: { protectHost: false },
  });
  await waitFor(() => vallum.status().connection === 'connected', { what: `node ${name}` });
  await waitFor(() => broker.log().includes('Sending SUBACK'), { what: 'its subscription' });
  return {
    vallum,
    async leases() {
      const found: string[] = [];
      for await (const { address, origin, kind } of vallum.leases('blacklist')) {
        if (kind === 'lease') found.push(`${address} ${origin}`);
      }
      return found.sort();
    },
  };
}

import { afterEach } from '@jest/globals';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CuttableRelay {
  readonly port: number;
  /** Resets every connection, without a DISCONNECT in either direction; new ones pass again. */
  cut(): void;
  /** Resets every connection at once, until it is told to let them pass again. */
  shut(isShut: boolean): void;
  /** Swallows what the broker answers on the connections of this moment. */
  mute(): void;
}

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A TCP relay to a port of this host, for the failures that a real broker does not show on demand. */
export async function cuttableRelay(targetPort: number): Promise<CuttableRelay> {
  const pairs = new Set<[client: Socket, broker: Socket]>();
  let isShut = false;
  const server = createServer((client) => {
    if (isShut) {
      client.destroy();
      return;
    }
    const broker = connect(targetPort, '127.0.0.1');
    const pair: [Socket, Socket] = [client, broker];
    pairs.add(pair);
    client.pipe(broker);
    broker.pipe(client);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        client.destroy();
        broker.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  cleanups.push(() => {
    cut();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    shut(value) {
      isShut = value;
      if (isShut) cut();
    },
    mute() {
      for (const [client, broker] of pairs) {
        broker.unpipe(client);
        broker.resume();
      }
    },
  };
}

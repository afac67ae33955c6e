import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { describe, it } from '@jest/globals';
import { startMosquitto, suiteNeeding } from '@vallum/test-kit';
import aedesPackage from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { createMqttTransport } from '../../src/mqtt/index.js';
import {
  transportContract,
  type TransportContractOptions,
  type TransportSubject,
} from '../../src/testing/index.js';
import type { Transport } from '../../src/transport/transport.js';
import { cuttableRelay } from './cuttable-relay.js';

interface Broker {
  readonly port: number;
  readonly stop: () => Promise<void> | void;
}

/** The real transport behind a relay that can be cut. */
async function subjectAt(
  broker: Broker,
  scheme: 'mqtt' | 'ws',
  protocolVersion: 4 | 5 | undefined,
): Promise<TransportSubject> {
  const relay = await cuttableRelay(broker.port);
  const created: Transport[] = [];
  return {
    create(wishes) {
      const transport = createMqttTransport({
        ...wishes,
        url: `${scheme}://127.0.0.1:${relay.port}`,
        ...(protocolVersion === undefined ? {} : { protocolVersion }),
        retry: { firstMs: 10, longestMs: 20 },
      });
      created.push(transport);
      return transport;
    },
    cut() {
      relay.shut(true);
      return Promise.resolve();
    },
    mend() {
      relay.shut(false);
      return Promise.resolve();
    },
    async dispose() {
      await Promise.all(created.map((transport) => transport.close()));
      await broker.stop();
    },
  };
}

function all(open: () => Promise<TransportSubject>, options: TransportContractOptions = {}): void {
  for (const { title, run } of transportContract(open, options)) it(title, run);
}

const old = { lacks: ['subscription-options'] } as const;
/** Stopped with the test by the test kit. */
const kept = () => undefined;

for (const scheme of ['mqtt', 'ws'] as const) {
  const link = scheme === 'ws' ? 'a WebSocket' : 'a socket';
  const mosquitto = async (): Promise<Broker> => {
    const broker = await startMosquitto(scheme === 'ws' ? { websockets: true } : {});
    return { port: broker.port, stop: kept };
  };

  suiteNeeding(['mosquitto'], `the transport contract over ${link} to Mosquitto`, () => {
    all(async () => subjectAt(await mosquitto(), scheme, undefined));
  });

  suiteNeeding(['mosquitto'], `the same over ${link} in MQTT 3.1.1`, () => {
    all(async () => subjectAt(await mosquitto(), scheme, 4), old);
  });

  describe(`the same over ${link} to aedes`, () => {
    all(async () => subjectAt(await startAedes(scheme), scheme, undefined), old);
  });
}

/** The broker that vallumd may embed: it speaks MQTT 3.1.1 and has to be fallen back to. */
async function startAedes(scheme: 'mqtt' | 'ws'): Promise<Broker> {
  const aedes = aedesPackage.createBroker();
  const server = scheme === 'mqtt' ? createServer((socket) => aedes.handle(socket)) : webServer();
  function webServer() {
    const http = createHttpServer();
    new WebSocketServer({ server: http }).on('connection', (socket) => {
      const stream = createWebSocketStream(socket);
      stream.on('error', () => undefined);
      aedes.handle(stream);
    });
    return http;
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      await new Promise<void>((resolve) => {
        aedes.close(resolve);
      });
      server.close();
    },
  };
}

import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { generate } from 'mqtt-packet';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { waitFor } from '@vallum/test-kit';
import { openTransport } from './opened-transport.js';

jest.setTimeout(20_000);

const CONNACK = Buffer.of(0x20, 3, 0, 0, 0);
const PINGRESP = Buffer.of(0xd0, 0);
const PUBREL = Buffer.of(0x62, 2, 0, 1);
const SESSION_TAKEN_OVER = Buffer.of(0xe0, 1, 0x8e);

function message(payload: string, qos: 0 | 1 = 0): Buffer {
  const fields = { topic: 'bans', payload, qos, messageId: 1, retain: false, dup: false };
  return generate({ cmd: 'publish', ...fields }, { protocolVersion: 5 });
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Scheme = 'mqtt' | 'ws';

/** A broker that says what it likes once CONNECT has come. @returns where it is */
async function startOddBroker(
  scheme: Scheme,
  talk: (stream: Duplex, connection: number) => Promise<void> | void,
): Promise<string> {
  let connections = 0;
  const greet = (stream: Duplex) => {
    connections += 1;
    const connection = connections;
    stream.on('error', () => undefined);
    stream.once('data', () => void talk(stream, connection));
  };
  const web = createHttpServer();
  const server: Server = scheme === 'mqtt' ? createServer(greet) : web;
  if (scheme === 'ws') {
    new WebSocketServer({ server: web }).on('connection', (socket) => {
      greet(createWebSocketStream(socket));
    });
  }
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.each(['mqtt', 'ws'] as const)(
  'a broker of which one does not expect it (%s)',
  (scheme) => {
    it('may take longer than the keep-alive for one message, as long as some of it comes', async () => {
      const payload = 'x'.repeat(20_000);
      const url = await startOddBroker(scheme, async (socket) => {
        socket.write(CONNACK);
        const bytes = message(payload, 1);
        for (let from = 0; from < bytes.length; from += 700) {
          socket.write(bytes.subarray(from, from + 700));
          await sleep(100);
        }
        socket.write(PINGRESP);
      });
      const node = openTransport({ url, keepaliveSeconds: 1 }, ['bans']);
      expect(await node.received(1)).toEqual([payload]);
      expect(node.states.map(({ state }) => state)).toEqual(['connected']);
    });

    it('is left when it says nothing any more', async () => {
      const url = await startOddBroker(scheme, (socket) => {
        socket.write(CONNACK);
      });
      const node = openTransport({ url, keepaliveSeconds: 1 });
      await node.reaches('connected');
      const { detail } = await node.reaches('disconnected');
      expect(detail).toContain('did not answer within the keep-alive time');
    });

    it('is left when it speaks no MQTT any more, and one hears why', async () => {
      const url = await startOddBroker(scheme, (socket) => {
        socket.write(Buffer.concat([CONNACK, Buffer.of(0x36, 4, 0, 1, 0x61, 0)]));
      });
      const node = openTransport({ url });
      const { detail } = await node.reaches('disconnected');
      expect(detail).toContain(
        scheme === 'mqtt' ? 'malformed: a PUBLISH of QoS 3' : 'is malformed',
      );
    });

    it('may keep the session for a shorter time than asked, which is told once', async () => {
      // Session Expiry Interval: 3,600 s.
      const connack = Buffer.of(0x20, 8, 1, 0, 5, 0x11, 0, 0, 0x0e, 0x10);
      const url = await startOddBroker(scheme, (stream, connection) => {
        if (connection === 1) stream.end(connack);
        else stream.write(connack);
      });
      const node = openTransport({ url, clientId: 'node', cleanSession: false });
      await node.reaches('disconnected');
      await node.reaches('connected');
      expect(node.warnings).toEqual([
        expect.stringMatching(/keeps the session for 3600 s only, and 604800 s were asked for/),
      ]);
    });

    it('may send a giant over MQTT 3.1.1: it is let go and confirmed, and what follows arrives', async () => {
      const payload = Buffer.alloc(6 * 1024 * 1024, 'x');
      const answers: Buffer[] = [];
      const url = await startOddBroker(scheme, (stream) => {
        stream.write(Buffer.of(0x20, 2, 0, 0));
        stream.on('data', (bytes: Buffer) => answers.push(bytes));
        const fields = { topic: 'bans', messageId: 9, retain: false, dup: false } as const;
        const options = { protocolVersion: 4 };
        stream.write(generate({ cmd: 'publish', ...fields, payload, qos: 1 }, options));
        stream.write(generate({ cmd: 'publish', ...fields, payload: 'small', qos: 0 }, options));
      });
      const node = openTransport({ url, protocolVersion: 4 }, ['bans']);
      expect(await node.received(1)).toEqual(['small']);
      expect(node.warnings).toEqual([
        expect.stringMatching(
          /^a message of 62914\d\d bytes on "bans" is larger than any that is taken/,
        ),
      ]);
      // PUBACK of message 9.
      await waitFor(() => Buffer.concat(answers).includes(Buffer.of(0x40, 2, 0, 9)));
    });
  },
);

/** MQTT.js has no bound of its own on what it answers, and hears no last word behind messages. */
describe('such a broker over a socket', () => {
  it('is left when it makes us talk and does not read', async () => {
    const url = await startOddBroker('mqtt', (socket) => {
      socket.pause();
      socket.write(CONNACK);
      const many = Buffer.concat(Array<Buffer>(16_384).fill(PUBREL));
      for (let times = 0; times < 256; times++) socket.write(many);
    });
    const before = process.memoryUsage().rss;
    const node = openTransport({ url });
    await node.reaches('connected');
    const { detail } = await node.reaches('disconnected');
    expect(detail).toContain('does not read');
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  });

  it('is understood when its last word comes behind more messages than are taken at a time', async () => {
    const url = await startOddBroker('mqtt', (socket, connection) => {
      const messages = Array.from({ length: 3000 }, (_, index) => message(String(index)));
      if (connection > 1) socket.write(CONNACK);
      else socket.end(Buffer.concat([CONNACK, ...messages, SESSION_TAKEN_OVER]));
    });
    const node = openTransport({ url }, ['bans'], () => sleep(1));
    const { detail } = await node.reaches('refused');
    expect(detail).toContain('another client with the same client id');
  });
});

import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { generate } from 'mqtt-packet';
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

/** A broker that says what it likes once CONNECT has come. @returns its port */
async function startOddBroker(
  talk: (socket: Socket, connection: number) => Promise<void> | void,
): Promise<number> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    const connection = connections;
    socket.on('error', () => undefined);
    socket.once('data', () => void talk(socket, connection));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('a broker of which one does not expect it', () => {
  it('may take longer than the keep-alive for one message, as long as some of it comes', async () => {
    const payload = 'x'.repeat(20_000);
    const port = await startOddBroker(async (socket) => {
      socket.write(CONNACK);
      const bytes = message(payload, 1);
      for (let from = 0; from < bytes.length; from += 700) {
        socket.write(bytes.subarray(from, from + 700));
        await sleep(100);
      }
      socket.write(PINGRESP);
    });
    const node = openTransport({ host: '127.0.0.1', port, keepaliveSeconds: 1 }, ['bans']);
    expect(await node.received(1)).toEqual([payload]);
    expect(node.states.map(({ state }) => state)).toEqual(['connected']);
  });

  it('is left when it says nothing any more', async () => {
    const port = await startOddBroker((socket) => {
      socket.write(CONNACK);
    });
    const node = openTransport({ host: '127.0.0.1', port, keepaliveSeconds: 1 });
    await node.reaches('connected');
    const { detail } = await node.reaches('disconnected');
    expect(detail).toContain('did not answer within the keep-alive time');
  });

  it('is left when it speaks no MQTT any more, and one hears why', async () => {
    const port = await startOddBroker((socket) => {
      socket.write(Buffer.concat([CONNACK, Buffer.of(0x36, 4, 0, 1, 0x61, 0)]));
    });
    const node = openTransport({ host: '127.0.0.1', port });
    const { detail } = await node.reaches('disconnected');
    expect(detail).toContain('malformed: a PUBLISH of QoS 3');
  });

  it('is left when it makes us talk and does not read', async () => {
    const port = await startOddBroker((socket) => {
      socket.pause();
      socket.write(CONNACK);
      const many = Buffer.concat(Array<Buffer>(16_384).fill(PUBREL));
      for (let times = 0; times < 256; times++) socket.write(many);
    });
    const before = process.memoryUsage().rss;
    const node = openTransport({ host: '127.0.0.1', port });
    await node.reaches('connected');
    const { detail } = await node.reaches('disconnected');
    expect(detail).toContain('does not read');
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  });

  it('is understood when its last word comes behind more messages than are taken at a time', async () => {
    const port = await startOddBroker((socket, connection) => {
      const messages = Array.from({ length: 3000 }, (_, index) => message(String(index)));
      if (connection > 1) socket.write(CONNACK);
      else socket.end(Buffer.concat([CONNACK, ...messages, SESSION_TAKEN_OVER]));
    });
    const node = openTransport({ host: '127.0.0.1', port }, ['bans'], () => sleep(1));
    const { detail } = await node.reaches('refused');
    expect(detail).toContain('another client with the same client id');
  });
});

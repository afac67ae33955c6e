import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** MQTT 3.1.1 by hand, as no honest client speaks it. */
export interface RawClient {
  readonly socket: Socket;
  /** Settles when the broker has ended the connection. */
  readonly ended: Promise<void>;
  received(): Buffer;
  send(bytes: Uint8Array): Promise<void>;
}

export async function openRaw(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  await Promise.race([once(socket, 'connect'), ended]);
  return {
    socket,
    ended,
    received: () => Buffer.concat(chunks),
    send: (bytes) =>
      new Promise((resolve) => {
        // The callback comes with an error too, where the connection ends meanwhile.
        if (!socket.writable) resolve();
        else {
          socket.write(bytes, () => {
            resolve();
          });
        }
      }),
  };
}

function word(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text as string);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** The fixed header (section 2.2). */
export function header(firstByte: number, length: number): Buffer {
  const bytes = [firstByte];
  let left = length;
  do {
    const low = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 ? low | 0x80 : low);
  } while (left > 0);
  return Buffer.from(bytes);
}

function packet(firstByte: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([header(firstByte, body.length), body]);
}

/** A clean session that is never tested (keep-alive 0), unless asked for otherwise. */
export function connectPacket(clientId: string, { clean = true } = {}): Buffer {
  const variable = [word('MQTT'), Buffer.from([4, clean ? 2 : 0, 0, 0])];
  return packet(0x10, ...variable, word(clientId));
}

export function subscribePacket(filters: readonly string[], qos = 0): Buffer {
  const list = filters.flatMap((filter) => [word(filter), Buffer.from([qos])]);
  return packet(0x82, Buffer.from([0, 1]), ...list);
}

export interface Publication {
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  readonly packetId?: number;
}

export function publishPacket(
  topic: string,
  payload: string | Uint8Array,
  { qos = 0, retain = false, packetId = 1 }: Publication = {},
): Buffer {
  const id = qos === 0 ? [] : [Buffer.from([packetId >> 8, packetId & 0xff])];
  const first = 0x30 | (qos << 1) | (retain ? 1 : 0);
  return packet(first, word(topic), ...id, Buffer.from(payload as string));
}

/** Logs in; the answer is waited for. */
export async function logIn(port: number, clientId: string, how = {}): Promise<RawClient> {
  const client = await openRaw(port);
  await client.send(connectPacket(clientId, how));
  if (client.received().length === 0)
    await Promise.race([once(client.socket, 'data'), client.ended]);
  return client;
}

// So many subscribers that do nothing but acknowledge, in one process:
// `light-subscribers.mjs COUNT TOPIC`. Says `ready` once all have subscribed; at the end of its standard
// input it answers with a line of JSON: for each payload the moment at which the last of them had it, in
// nanoseconds of the machine's monotonic clock, and how many had it.
import { connect } from 'node:net';
import { connectPacket, pubackPacket, subscribePacket } from './packets.mjs';
import { PORT } from './queueing-broker.mjs';

const CONNACK = 2;
const PUBLISH = 3;
const SUBACK = 9;
/** Connections that are made at a time: the broker's listen queue is short. */
const AT_ONCE = 50;

const [count, topic] = [Number(process.argv[2]), process.argv[3]];
/** @type {Map<string, { count: number, lastNs: bigint }>} */
const received = new Map();

let next = 0;
await Promise.all(Array.from({ length: AT_ONCE }, openInTurn));
process.stdout.write('ready\n');
process.stdin.resume().on('end', () => {
  const all = [...received].map(([payload, { count, lastNs }]) => [payload, count, String(lastNs)]);
  process.stdout.write(`${JSON.stringify(all)}\n`, () => process.exit(0));
});

async function openInTurn() {
  while (next < count) {
    next += 1;
    await open(`light-${next}`);
  }
}

function open(clientId) {
  return new Promise((resolve, reject) => {
    const socket = connect(PORT, '127.0.0.1');
    let rest = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`${clientId}: the broker closed the connection`)));
    socket.write(connectPacket(clientId));
    socket.on('data', (bytes) => {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      for (let end; (end = packetEnd(rest)) <= rest.length; rest = rest.subarray(end)) {
        const type = rest[0] >> 4;
        if (type === CONNACK) socket.write(subscribePacket(topic, 1, 1));
        else if (type === SUBACK) resolve();
        else if (type === PUBLISH) take(rest.subarray(0, end), socket);
      }
    });
  });
}

/** Where the first packet ends, beyond the bytes where it is not all there; none is long here. */
function packetEnd(bytes) {
  if (bytes.length < 2) return Infinity;
  if (bytes[1] < 128) return 2 + bytes[1];
  return bytes.length < 3 ? Infinity : 3 + (bytes[1] & 127) + (bytes[2] << 7);
}

function take(packet, socket) {
  const head = packet[1] < 128 ? 2 : 3;
  const idAt = head + 2 + packet.readUInt16BE(head);
  socket.write(pubackPacket(packet.readUInt16BE(idAt)));
  const payload = packet.latin1Slice(idAt + 2);
  const known = received.get(payload);
  const lastNs = process.hrtime.bigint();
  if (known === undefined) received.set(payload, { count: 1, lastNs });
  else {
    known.count += 1;
    known.lastNs = lastNs;
  }
}

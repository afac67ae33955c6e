// Publishes each line of a list as a message of its own, faster than anybody can take them:
// `flood.mjs TOPIC QOS MARKER LIST`. Ends once the broker has confirmed all of them and one message
// more: 192.0.2.1 on the topic MARKER. Everything is encoded before the connection is made.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { PORT } from './queueing-broker.mjs';
import { connectPacket, DISCONNECT, publishPacket, pubrelPacket } from './packets.mjs';

const [topic, qosText, marker, list] = process.argv.slice(2);
const qos = Number(qosText);
// Unconfirmed messages. At QoS 2 Mosquitto gets slow above 20.
const WINDOW = qos === 2 ? 20 : 1000;
const CHUNK = qos === 0 ? 1000 : WINDOW;
const messages = [
  ...readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => [topic, line]),
  // At QoS 1 always, since its acknowledgement says that the broker has all that came before.
  [marker, '192.0.2.1'],
];
const packets = messages.map(([name, line], index) =>
  publishPacket(
    name,
    line,
    index === messages.length - 1 ? Math.max(qos, 1) : qos,
    (index % 60_000) + 1,
  ),
);

const socket = connect(PORT, '127.0.0.1');
socket.setNoDelay(true);
let sent = 0;
let confirmed = 0;
let open = false;
let rest = Buffer.alloc(0);

socket.on('connect', () => socket.write(connectPacket('flood')));
socket.on('drain', send);
socket.on('data', (bytes) => {
  // Every packet that comes back has four bytes: CONNACK, PUBACK, PUBREC, PUBCOMP.
  const data = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
  const releases = [];
  let at = 0;
  for (; at + 4 <= data.length; at += 4) {
    const kind = data[at] >> 4;
    if (kind === 2) begin();
    else if (kind === 5) releases.push(pubrelPacket(data.readUInt16BE(at + 2)));
    else confirmed++;
  }
  rest = data.subarray(at);
  if (releases.length > 0) socket.write(Buffer.concat(releases));
  send();
});
socket.on('error', (error) => {
  console.error(`flood: ${error.message}`);
  process.exit(1);
});

function begin() {
  open = true;
  process.stdout.write('begun\n');
}

function send() {
  if (!open) return;
  if (confirmed === (qos === 0 ? 1 : packets.length)) {
    socket.end(DISCONNECT);
    return;
  }
  while (sent < packets.length && !socket.writableNeedDrain) {
    const room = qos === 0 ? CHUNK : WINDOW - (sent - confirmed);
    // Few at a time cost a system call each; at QoS 1 and 2 half a window is worth one.
    if (room <= 0) return;
    const next = packets.slice(sent, sent + Math.min(room, CHUNK));
    sent += next.length;
    socket.write(Buffer.concat(next));
  }
}

// Single bans while something large goes on, 100 a second, as a process of its own:
// `live-bans.mjs SET PART`. Publishes to the topic of the set's name and looks for each ban in the
// kernel set until its standard input ends; then, once the last is there, answers with a line of JSON: what each
// took from publishing to the kernel set, in ms, and how many were not there after a minute.
//
// Its addresses are of 100.64.0.0/10, where no other of the benchmark lies; PART, 0 to 63, says of
// which /16 of it.
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseAddress } from '@vallum/core';
import { openBackend } from './backends.mjs';
import { connectPacket, DISCONNECT, publishPacket } from './packets.mjs';
import { PORT } from './queueing-broker.mjs';

const INTERVAL_MS = 10;
const LOST_MS = 60_000;
/** The machine has other things to do, and what is to be seen are milliseconds. */
const LOOK_EVERY_MS = 0.25;
/** Bans that are looked for at a time: they come nearly in order. */
const LOOKED_FOR = 8;

const [set, part] = process.argv.slice(2);
const until = Math.floor(Date.now() / 1000) + 86_400;
const backend = await openBackend('ipset');
const nap = new Int32Array(new SharedArrayBuffer(4));
const waiting = [];
const times = [];
let ended = false;
process.stdin.on('end', () => (ended = true)).resume();

const socket = connect(PORT, '127.0.0.1');
socket.setNoDelay(true);
socket.on('error', (error) => {
  console.error(`live-bans: ${error.message}`);
  process.exit(1);
});
socket.write(connectPacket(`live-${part}`));
await new Promise((resolve) => socket.once('data', resolve));
socket.resume();
process.stdout.write('begun\n');

let count = 0;
let lost = 0;
let nextMs = performance.now();
while (!ended || waiting.length > 0) {
  if (!ended && performance.now() >= nextMs) publish();
  await look();
  if (waiting.length > 0 && performance.now() - waiting[0].begun > LOST_MS) {
    waiting.shift();
    lost++;
  }
  await nextTurn();
  Atomics.wait(nap, 0, 0, LOOK_EVERY_MS);
}
socket.end(DISCONNECT);
await backend.close();
console.log(JSON.stringify({ times, lost }));

function publish() {
  const text = `100.${64 + Number(part)}.${count >> 8}.${count & 255}`;
  const payload = `${text} until ${until} origin live at ${Date.now()} reason "live"`;
  const packet = publishPacket(`${set}/add`, payload, 1, (count % 60_000) + 1);
  count++;
  // Where a look took long, the next ones come at once: the rate stays.
  nextMs += INTERVAL_MS;
  waiting.push({ address: parseAddress(text).value, begun: performance.now() });
  socket.write(packet);
}

async function look() {
  for (let index = 0; index < Math.min(waiting.length, LOOKED_FOR); index++) {
    const { address, begun } = waiting[index];
    if (!(await backend.test(set, address))) continue;
    times.push(performance.now() - begun);
    waiting.splice(index, 1);
    index--;
  }
}

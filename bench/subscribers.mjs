// One ban to 2,000 subscribers of one Mosquitto: one of them is a vallumd, the others do nothing but
// acknowledge. From publishing to the kernel set, beside the moment at which the last of the others has
// the message: all of them share this machine with the broker.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseAddress } from '@vallum/core';
import { openBackend } from './support/backends.mjs';
import { startVallumd } from './support/consumers.mjs';
import { median, quantile } from './support/median.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { connectPacket, DISCONNECT, publishPacket } from './support/packets.mjs';
import { start } from './support/processes.mjs';
import { PORT, startBroker } from './support/queueing-broker.mjs';
import { progress, report } from './support/results.mjs';

const options = readOptions();
const SUBSCRIBERS = scaled(2_000, options, 20);
const BANS = 60;
const INTERVAL_MS = 150;
// The first messages find cold code.
const WARM_UP = 10;
const LOOK_EVERY_MS = 0.25;
const LOST_MS = 10_000;
const topic = 'bench';
const script = fileURLToPath(new URL('support/light-subscribers.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));
const backend = await openBackend('ipset');
const nap = new Int32Array(new SharedArrayBuffer(4));

await backend.create({ set: topic, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 });
const broker = await startBroker(folder);
const others = await startOthers(SUBSCRIBERS - 1);
const vallumd = await startVallumd({ folder, topics: [topic] });
await vallumd.ready();
const socket = await openPublisher();
let published = 0;

const ours = [];
const sent = [];
for (let round = 0; round < options.runs; round += 1) {
  const took = await banAll();
  ours.push(took);
  progress(`round ${round + 1}: p50 ${quantile(took, 0.5).toFixed(1)} ms`);
}
socket.end(DISCONNECT);
const last = await others.end();
await vallumd.stop();
await broker.stop();
await backend.close();
rmSync(folder, { recursive: true, force: true });

for (const [name, share] of [
  ['p50', 0.5],
  ['p99', 0.99],
]) {
  report({
    what: `${SUBSCRIBERS} subscribers, publish to kernel set, ${name}`,
    ours: median(ours.map((took) => quantile(took, share))),
    against: 'the last of the others has it',
    alternative: median(sent.map((round) => quantile(round.map(tookTheLast), share))),
    unit: 'ms',
    reading: 'times-faster',
    note: `QoS 1, ${(1000 / INTERVAL_MS).toFixed(1)} messages a second`,
  });
}

/** Bans one after another. @returns what each took, in ms */
async function banAll() {
  const took = [];
  const payloads = [];
  for (let index = 0; index < WARM_UP + BANS; index += 1) {
    published += 1;
    const payload = `100.64.${published >> 8}.${published & 255} until never origin bench at ${Date.now()}`;
    const address = parseAddress(payload.split(' ')[0]).value;
    const begunNs = process.hrtime.bigint();
    socket.write(publishPacket(`${topic}/add`, payload, 1, published));
    while (!(await backend.test(topic, address))) {
      if (millisecondsSince(begunNs) > LOST_MS) throw new Error(`${payload} got lost`);
      Atomics.wait(nap, 0, 0, LOOK_EVERY_MS);
    }
    const tookMs = millisecondsSince(begunNs);
    if (index >= WARM_UP) {
      took.push(tookMs);
      payloads.push({ payload, begunNs });
    }
    await sleep(Math.max(0, INTERVAL_MS - tookMs));
  }
  sent.push(payloads);
  return took;
}

function tookTheLast({ payload, begunNs }) {
  const { count, lastNs } = last.get(payload) ?? { count: 0 };
  if (count !== SUBSCRIBERS - 1) throw new Error(`${payload} reached ${count} subscribers only`);
  return Number(lastNs - begunNs) / 1e6;
}

function millisecondsSince(ns) {
  return Number(process.hrtime.bigint() - ns) / 1e6;
}

async function startOthers(count) {
  const { child, ended } = start(
    process.execPath,
    [script, String(count), `${topic}/#`],
    ['pipe', 'pipe', 'inherit'],
  );
  let output = '';
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (bytes) => {
      output += bytes;
      if (output.includes('ready\n')) resolve();
    });
    ended.then((code) => reject(new Error(`light-subscribers.mjs ended with ${code}`)), reject);
  });
  const closed = new Promise((resolve) => child.stdout.once('close', resolve));
  return {
    /** @returns {Promise<Map<string, { count: number, lastNs: bigint }>>} by payload */
    async end() {
      child.stdin.end();
      await closed;
      const all = JSON.parse(output.slice(output.indexOf('\n') + 1));
      return new Map(
        all.map(([payload, count, lastNs]) => [payload, { count, lastNs: BigInt(lastNs) }]),
      );
    },
  };
}

function openPublisher() {
  return new Promise((resolve, reject) => {
    const opened = connect(PORT, '127.0.0.1');
    opened.setNoDelay(true);
    opened.once('error', reject);
    opened.write(connectPacket('publisher'));
    opened.once('data', () => resolve(opened));
    opened.resume();
  });
}

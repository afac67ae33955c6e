// From publishing an address to finding it in the kernel set, at a rate that leaves everyone idle
// in between: vallumd beside `mosquitto_sub | ipset -`. Early messages find code that V8 has not
// compiled, and have a row of their own.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAddress } from '@vallum/core';
import { openBackend } from './support/backends.mjs';
import { PORT, startBroker } from './support/queueing-broker.mjs';
import { startPipeline, startVallumd } from './support/consumers.mjs';
import { median, quantile } from './support/median.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { connectPacket, DISCONNECT, publishPacket } from './support/packets.mjs';
import { run } from './support/processes.mjs';
import { progress, report } from './support/results.mjs';
import { distinct, ipv4World } from './support/world.mjs';

const options = readOptions();
const topic = 'bench';
const INTERVAL_MS = 10;
const count = scaled(1_000, options, 20);
/** Twenty seconds, after which V8 has compiled most of what a message needs. */
const WARM_UP = Math.min(2_000, 2 * count);
/** Messages 100 to 500: those before them still meet code that has never run. */
const EARLY = { from: Math.ceil(WARM_UP / 20), to: Math.ceil(WARM_UP / 4) };
/** Once, and then every five minutes, vallumd looks at rules and broker: some programs are started. */
const SETTLE_MS = 4_000;
const LOOK_EVERY_MS = 0.03;
const LOST_MS = 2_000;
const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));
const backend = await openBackend('ipset');
const nap = new Int32Array(new SharedArrayBuffer(4));

const found = { vallumd: [], pipeline: [] };
try {
  for (let round = 0; round < options.runs; round++) {
    for (const who of Object.keys(found)) found[who].push(await measure(who));
    progress(
      Object.entries(found)
        .map(([who, all]) => `${who} ${describe(settled(all.at(-1)))}`)
        .join('; '),
    );
  }
} finally {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
}

for (const [name, share] of [
  ['p50', 0.5],
  ['p99', 0.99],
  ['maximum', 1],
]) {
  const of = (who) => median(found[who].map((times) => quantile(settled(times), share)));
  report({
    what: `latency, publish to kernel set, ${name}`,
    ours: of('vallumd'),
    against: 'mosquitto_sub | ipset -',
    alternative: of('pipeline'),
    unit: 'ms',
    reading: 'times-faster',
    note: `QoS 1, ${1000 / INTERVAL_MS} messages a second, behind ${WARM_UP}`,
  });
}

const p99 = (times) => median(times.map((ms) => quantile(ms, 0.99)));
report({
  what: 'latency, publish to kernel set, p99 by itself',
  ours: p99(found.vallumd.map(settled)),
  ...{ unit: 'ms', reading: 'absolute', goal: 1.2, aim: 0.8 },
  note: `behind ${WARM_UP} messages`,
});
report({
  what: `latency soon after the start, p99 of messages ${EARLY.from} to ${EARLY.to}`,
  ours: p99(found.vallumd.map(early)),
  against: 'mosquitto_sub | ipset -',
  alternative: p99(found.pipeline.map(early)),
  ...{ unit: 'ms', reading: 'times-faster' },
});

async function measure(who) {
  rmSync(join(folder, 'state'), { recursive: true, force: true });
  await run('ipset', ['destroy']);
  await backend.create({ set: topic, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 });
  const broker = await startBroker(folder);
  const start = who === 'vallumd' ? startVallumd : startPipeline;
  const consumer = await start({ folder, broker, topics: [topic], qos: 1 });
  await consumer.ready();
  await sleep(SETTLE_MS);
  const socket = await openPublisher();
  try {
    const times = [];
    for (const [index, text] of distinct(ipv4World, count + WARM_UP, 11).entries()) {
      const packet = publishPacket(topic, text, 1, (index % 60_000) + 1);
      const address = parseAddress(text).value;
      const begun = performance.now();
      socket.write(packet);
      // The packet is with the kernel; this thread sleeps and looks until it has had its effect.
      while (!(await backend.test(topic, address))) {
        if (performance.now() - begun > LOST_MS) throw new Error(`${who}: ${text} got lost`);
        Atomics.wait(nap, 0, 0, LOOK_EVERY_MS);
      }
      const took = performance.now() - begun;
      times.push(took);
      await sleep(Math.max(0, INTERVAL_MS - took));
    }
    return times;
  } finally {
    socket.end(DISCONNECT);
    await consumer.stop();
    await broker.stop();
  }
}

function openPublisher() {
  return new Promise((resolve, reject) => {
    const socket = connect(PORT, '127.0.0.1');
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.write(connectPacket('latency'));
    socket.once('data', () => resolve(socket));
    socket.resume();
  });
}

function settled(times) {
  return times.slice(WARM_UP);
}

function early(times) {
  return times.slice(EARLY.from, EARLY.to);
}

function describe(times) {
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(2));
  return `p50 ${p50} ms, p99 ${p99} ms, longest ${longest} ms`;
}

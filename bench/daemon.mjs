// Messages of one address each, from Mosquitto into a kernel set: what one vallumd keeps up with.
//
// Three consumers get the same flood, one after another: vallumd; mosquitto_sub that writes to
// /dev/null and so does nothing but speak MQTT, which is the floor; and `mosquitto_sub | ipset -`,
// which keeps no ledger, checks nothing and protects nobody.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBackend } from './support/backends.mjs';
import { flood, startBroker } from './support/queueing-broker.mjs';
import { MARKER, startFloor, startPipeline, startVallumd } from './support/consumers.mjs';
import { median } from './support/median.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { run, usedBy, waitUntil } from './support/processes.mjs';
import { progress, report } from './support/results.mjs';
import { distinct, ipv4World } from './support/world.mjs';

const options = readOptions();
const topic = 'bench';
const topics = [topic, MARKER];
const count = scaled(100_000, options, 1_000);
const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));
const list = join(folder, 'list');
const addresses = distinct(ipv4World, count, 7);
// 192.0.2.1 says that all is done, and on its own topic goes into its own set.
writeFileSync(list, `${addresses.join('\n')}\n`);

const backend = await openBackend('ipset');
let broker;
try {
  for (const qos of [0, 1, 2]) await compare({ qos, backlog: false });
  await compare({ qos: 1, backlog: true });
} finally {
  await broker?.stop();
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
}

async function compare({ qos, backlog }) {
  const measure = backlog ? drain : keepUp;
  const found = { vallumd: [], floor: [], pipeline: [] };
  for (let round = 0; round < options.runs; round++) {
    for (const who of Object.keys(found)) {
      await startAfresh();
      found[who].push(await measure(who, qos));
    }
    const shown = Object.entries(found).map(([who, all]) => {
      const { seconds, used } = all.at(-1);
      return `${who} ${seconds.toFixed(2)} s (CPU ${used.cpuSeconds.toFixed(2)} s, ${used.peakMegabytes.toFixed(0)} MB)`;
    });
    progress(`${count} messages, ${backlog ? 'queued' : 'live'}, QoS ${qos}: ${shown.join(', ')}`);
  }
  const what = `vallumd: ${count.toLocaleString('en')} messages ${backlog ? 'queued at' : 'at'} QoS ${qos}`;
  const seconds = (who) => median(found[who].map((one) => one.seconds));
  const cpu = (who) => median(found[who].map((one) => one.used.cpuSeconds));
  const memory = (who) => median(found[who].map((one) => one.used.peakMegabytes));
  const ours = seconds('vallumd');
  const against = 'mosquitto_sub >/dev/null';
  const shared = { ours, unit: 's', reading: 'share-of-speed' };
  report({ ...shared, what, against, alternative: seconds('floor'), goal: 0.7, aim: 0.9 });
  report({
    ...shared,
    what: 'the same',
    against: 'mosquitto_sub | ipset -',
    alternative: seconds('pipeline'),
    note:
      `CPU ${cpu('vallumd').toFixed(2)}, ${cpu('floor').toFixed(2)}, ${cpu('pipeline').toFixed(2)} s; ` +
      `${[memory('vallumd'), memory('floor'), memory('pipeline')].map((mb) => mb.toFixed(0)).join(', ')} MB: ` +
      'vallumd, mosquitto_sub, pipeline',
  });
  if (!backlog) return;
  report({
    what: 'the same with the start of the process',
    ours: median(found.vallumd.map((one) => one.wholeSeconds)),
    against,
    alternative: median(found.floor.map((one) => one.wholeSeconds)),
    unit: 's',
    reading: 'share-of-speed',
  });
}

/** From the first message to the last address in the kernel. */
async function keepUp(who, qos) {
  const consumer = await startConsumer(who, qos);
  await consumer.ready();
  const before = consumer.used();
  const brokerBefore = usedBy(broker.pid).cpuSeconds;
  const published = flood({ topic, qos, marker: MARKER, list });
  const begun = await published.begun;
  let { seconds, used } = await finish(consumer, who, begun);
  used = { ...used, cpuSeconds: used.cpuSeconds - before.cpuSeconds };
  await published.done;
  await consumer.stop();
  return { seconds, used, brokerSeconds: usedBy(broker.pid).cpuSeconds - brokerBefore };
}

/** From the connection to the last address in the kernel, of what has been queued meanwhile. */
async function drain(who, qos) {
  // Makes the session that the broker queues for.
  const first = await startConsumer(who, qos, 'backlog');
  await first.ready();
  await first.stop();
  await flood({ topic, qos, marker: MARKER, list }).done;

  const spawned = performance.now();
  const consumer = await startConsumer(who, qos, 'backlog');
  let begun = spawned;
  if (who === 'vallumd') {
    await waitUntil(
      () => consumer.log().includes('connected to the broker'),
      'vallumd connecting',
      20_000,
      1,
    );
    begun = performance.now();
  }
  const { at, seconds, used } = await finish(consumer, who, begun);
  await consumer.stop();
  return { seconds, wholeSeconds: (at - spawned) / 1000, used };
}

/** Waits until the last message has had its effect. */
async function finish(consumer, who, begun) {
  let used = consumer.used();
  if (who === 'floor') {
    // It ends with the last message; what it used is read while it lives.
    const sampling = setInterval(() => {
      try {
        const now = consumer.used();
        if (now.peakMegabytes > 0) used = now;
      } catch {
        // Ended between two looks.
      }
    }, 20);
    await consumer.ended;
    const at = performance.now();
    clearInterval(sampling);
    return { at, seconds: (at - begun) / 1000, used };
  }
  const patienceMs = 300_000;
  await waitUntil(
    async () => (await backend.inspect(MARKER))?.entries === 1,
    'the last message',
    patienceMs,
  );
  const at = performance.now();
  used = consumer.used();
  const { entries } = await backend.inspect(topic);
  if (entries !== count) throw new Error(`${who}: ${entries} of ${count} addresses are in the set`);
  return { at, seconds: (at - begun) / 1000, used };
}

function startConsumer(who, qos, clientId) {
  if (who === 'vallumd') return startVallumd({ folder, topics });
  if (who === 'pipeline') return startPipeline({ broker, topics, qos, clientId });
  return startFloor({ broker, topics, qos, clientId, count: count + 1 });
}

/** Fresh sets, a fresh ledger, and a broker that keeps no session of whoever was there before. */
async function startAfresh() {
  await broker?.stop();
  broker = await startBroker(folder);
  rmSync(join(folder, 'state'), { recursive: true, force: true });
  await run('ipset', ['destroy']);
  for (const set of topics) {
    await backend.create({
      set,
      type: 'hash:net',
      family: 'ipv4',
      maxEntries: 2 ** 20,
      defaultTimeoutSeconds: 0,
    });
  }
}

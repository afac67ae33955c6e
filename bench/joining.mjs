// A node with nothing joins others over Mosquitto at its defaults: how long until its kernel set holds
// what a keeper remembers, and what a single ban takes meanwhile.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBackend } from './support/backends.mjs';
import { startVallumd } from './support/consumers.mjs';
import { startLiveBans } from './support/start-live-bans.mjs';
import { median, quantile } from './support/median.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { residentMegabytes, run, waitUntil } from './support/processes.mjs';
import { PORT, startBroker } from './support/queueing-broker.mjs';
import { progress, report } from './support/results.mjs';
import { vallumPub } from './support/vallum-pub.mjs';
import { distinct, ipv4World } from './support/world.mjs';

const options = readOptions();
const set = 'bench';
const PATIENCE_MS = 600_000;
/** As `live-bans.mjs` waits for one. */
const LOST_MS = 60_000;

const backend = await openBackend('ipset');
let part = 0;
try {
  for (const [size, goal, aim] of [
    [100_000, 5, 2],
    [1_000_000, 40, 20],
  ]) {
    const count = scaled(size, options, 2_000);
    const found = [];
    for (let round = 0; round < options.runs; round++) {
      found.push(await measure(count));
      progress(describe(count, found.at(-1)));
    }
    reportAll(count, found, goal, aim);
  }
} finally {
  await backend.close();
}

async function measure(count) {
  const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));
  const broker = await startBroker(folder, { queue: 'default' });
  let keeper;
  let node;
  try {
    keeper = await start(folder, 'keeper', ['--keeper']);
    await fill(folder, count);
    await makeSet(count);
    const begun = performance.now();
    node = await start(folder, 'joining');
    const bans = startLiveBans(set, part++);
    // The kernel counts a set with timeouts by walking through it, and edits nothing meanwhile: it is asked
    // only once all has been taken.
    const taken = () =>
      [...node.log().matchAll(/took (\d+) from node/g)].reduce(
        (sum, [, some]) => sum + Number(some),
        0,
      );
    await waitUntil(() => taken() >= count, `${count} leases taken`, PATIENCE_MS, 50);
    const full = async () => (await backend.inspect(set)).entries >= count;
    await waitUntil(full, `${count} bans in the set`, PATIENCE_MS, 100);
    const seconds = (performance.now() - begun) / 1000;
    await bans.begun;
    const { times, lost } = await bans.end();
    const live = [...times, ...new Array(lost).fill(LOST_MS)];
    return { seconds, live, megabytes: residentMegabytes(node.pids[0]) };
  } finally {
    await node?.stop();
    await keeper?.stop();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function start(folder, name, args = []) {
  const own = join(folder, name);
  mkdirSync(own);
  const backendOfNode = args.includes('--keeper') ? 'memory' : 'ipset';
  const node = await startVallumd({
    ...{ folder: own, topics: [set], backend: backendOfNode, node: name, args },
  });
  await node.ready();
  return node;
}

async function fill(folder, count) {
  const list = join(folder, 'list');
  const addresses = distinct(ipv4World, count, 23);
  const now = Math.floor(Date.now() / 1000);
  const line = (address, index) =>
    `${address} until ${now + 86_400 + ((index * 7919) % 432_000)} origin web${1 + (index % 40)}.sshd reason "sshd"\n`;
  writeFileSync(list, addresses.map(line).join(''));
  const { program, args } = vallumPub(['--file', list, '-p', String(PORT)], set);
  await run(program, args);
  await waitUntil(
    () => bansOf('keeper') >= count,
    `${count} bans at the keeper`,
    PATIENCE_MS,
    1_000,
  );
}

/** By its retained status. */
function bansOf(node) {
  const args = ['-p', String(PORT), '-t', `vallumd/${node}`, '-C', '1', '-W', '5'];
  const { sets } = JSON.parse(execFileSync('mosquitto_sub', args, { encoding: 'utf8' }));
  return sets?.[0]?.bans ?? 0;
}

async function makeSet(count) {
  await run('ipset', ['destroy']);
  // As docs/operations.md says: while the kernel copies its hash into a larger one, nothing else gets in.
  const size = [
    'maxelem',
    String(2 ** 21),
    'hashsize',
    String(2 ** Math.ceil(Math.log2(count / 2))),
  ];
  await run('ipset', ['create', set, 'hash:ip', 'timeout', '0', ...size]);
}

function describe(count, { seconds, live, megabytes }) {
  return (
    `${count.toLocaleString('en')} leases: whole after ${seconds.toFixed(2)} s, single bans p99 ` +
    `${quantile(live, 0.99).toFixed(1)} ms, ${megabytes.toFixed(0)} MB`
  );
}

function reportAll(count, found, goal, aim) {
  const shown = count.toLocaleString('en');
  report({
    what: `a node with nothing, from its start until it holds ${shown} bans of another`,
    ours: median(found.map(({ seconds }) => seconds)),
    ...{ unit: 's', reading: 'absolute', goal, aim },
    note: 'through Mosquitto at its defaults, into the kernel set',
  });
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) =>
    median(found.map(({ live }) => quantile(live, share))),
  );
  report({
    what: `a single ban while it takes ${shown}, p99`,
    ours: p99,
    ...{ unit: 'ms', reading: 'absolute', goal: 20, aim: 5 },
    note: `100 a second; p50 ${p50.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`,
  });
}

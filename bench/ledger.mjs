// A million bans with end, origin and reason: from a file into one node's kernel set, in its memory,
// and back from its journal, each beside `ipset restore` of the same entries; and what a single ban
// takes while that goes on.
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAddress } from '@vallum/core';
import { openBackend } from './support/backends.mjs';
import { startVallumd } from './support/consumers.mjs';
import { startLiveBans } from './support/start-live-bans.mjs';
import { median, quantile } from './support/median.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { residentMegabytes, run, usedBy, waitUntil } from './support/processes.mjs';
import { PORT, startBroker } from './support/queueing-broker.mjs';
import { progress, report } from './support/results.mjs';
import { vallumPub } from './support/vallum-pub.mjs';
import { GIVE_UP_MS, watchIntake } from './support/watch-intake.mjs';
import { distinct, ipv4World } from './support/world.mjs';

const options = readOptions();
const set = 'bench';
const count = scaled(1_000_000, options, 2_000);
const shown = count.toLocaleString('en');
const PATIENCE_MS = 600_000;
/** Until the collector of garbage and the kernel's own housekeeping have had their turn. */
const REST_MS = 5_000;
/** How long single bans are measured behind a start that has nothing to fill. */
const AFTER_START_MS = 3_000;
/** As `live-bans.mjs` waits for one. */
const LOST_MS = 60_000;
const DAY = 86_400;

const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));
const list = join(folder, 'list');
const restoreFile = join(folder, 'restore');
const backend = await openBackend('ipset');
const last = writeInputs();

const found = [];
const live = { filling: [], emptyStart: [], fullStart: [] };
let part = 0;
let lostSingles = 0;
/** The node that was started last. */
let running;
try {
  for (let round = 0; round < options.runs; round++) {
    found.push(await measure());
    progress(describe(found.at(-1)));
  }
} finally {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
}
reportAll();

async function measure() {
  rmSync(join(folder, 'state'), { recursive: true, force: true });
  const restore = await measureRestore();
  const broker = await startBroker(folder, { queue: 'default' });
  try {
    await makeSet();
    const atRest = await measureRest();
    const first = await fromFile();
    await makeSet();
    const held = count - first.lost;
    const emptyStart = await measureStart(held, { setIsEmpty: true });
    const fullStart = await measureStart(held, { setIsEmpty: false });
    return { restore, ...first, atRest, emptyStart, fullStart };
  } finally {
    await running?.stop();
    await broker.stop();
  }
}

async function startNode() {
  const node = await startVallumd({ folder, topics: [set] });
  running = node;
  await node.ready();
  return node;
}

/** A node with nothing to do and nothing to remember. */
async function measureRest() {
  const node = await startNode();
  await sleep(REST_MS);
  const megabytes = residentMegabytes(node.pids[0]);
  await node.stop();
  return megabytes;
}

/** From the start of vallum-pub to the last of its bans in the kernel set; what the node holds then. */
async function fromFile() {
  const node = await startNode();
  const bans = startLiveBans(set, part++);
  await bans.begun;
  const begun = performance.now();
  const { program, args } = vallumPub(['--file', list, '-p', String(PORT)], set);
  const { seconds: publishing } = await run(program, args);
  const intake = watchIntake(node);
  const waited = await untilFull(begun, count, intake.isOver);
  const lost = count - intake.bans();
  const seconds = lost > 0 ? waited - GIVE_UP_MS / 1000 : waited;
  await endLive(bans, live.filling);
  await sleep(REST_MS);
  const { cpuSeconds, peakMegabytes } = usedBy(node.pids[0]);
  const residentMb = residentMegabytes(node.pids[0]);
  await node.stop();
  return { seconds, lost, publishing, cpuSeconds, peakMegabytes, residentMb };
}

/** A start with all that in the journal: until it listens, and until the set is full. */
async function measureStart(held, { setIsEmpty }) {
  const begun = performance.now();
  const node = await startNode();
  const listening = (performance.now() - begun) / 1000;
  const bans = startLiveBans(set, part++);
  await bans.begun;
  // What the count below costs is none of the node's doing.
  await (setIsEmpty ? untilLast() : sleep(AFTER_START_MS));
  await endLive(bans, setIsEmpty ? live.emptyStart : live.fullStart);
  const seconds = setIsEmpty ? await untilFull(begun, held) : listening;
  const { peakMegabytes } = usedBy(node.pids[0]);
  await node.stop();
  return { seconds, listening, peakMegabytes };
}

/**
 * The kernel counts a set with timeouts by walking through it, and edits nothing meanwhile (24 ms for a
 * million): so the number is asked for once the last ban of the list is there. The single bans count with
 * the others.
 *
 * @param {number} wanted
 * @param {() => boolean} [isOver] nothing more will come
 */
async function untilFull(begun, wanted, isOver = () => false) {
  await untilLast(isOver);
  const full = async () => (await backend.inspect(set)).entries >= wanted || isOver();
  await waitUntil(full, `${wanted} bans in the set`, PATIENCE_MS, 10);
  return (performance.now() - begun) / 1000;
}

/** Until the last ban of the list is in the kernel set. */
function untilLast(isOver = () => false) {
  const isThere = async () => (await backend.test(set, last)) || isOver();
  return waitUntil(isThere, 'the last ban of the list', PATIENCE_MS, 10);
}

async function endLive(bans, times) {
  const { times: took, lost } = await bans.end();
  lostSingles += lost;
  // What never came was waited for for a minute.
  times.push([...took, ...new Array(lost).fill(LOST_MS)]);
}

async function makeSet() {
  await run('ipset', ['destroy']);
  // As docs/operations.md says: while the kernel copies its hash into a larger one, nothing else gets in.
  const size = ['maxelem', String(2 ** 21), 'hashsize', String(2 ** 19)];
  await run('ipset', ['create', set, 'hash:ip', 'timeout', '0', ...size]);
}

async function measureRestore() {
  await makeSet();
  const stdin = openSync(restoreFile, 'r');
  const { seconds } = await run('ipset', ['restore', '-exist'], { stdin });
  closeSync(stdin);
  return seconds;
}

/** @returns the last address of the list */
function writeInputs() {
  const addresses = distinct(ipv4World, count, 21);
  const now = Math.floor(Date.now() / 1000);
  const seconds = (index) => DAY + ((index * 7919) % (5 * DAY));
  const line = (address, index) =>
    `${address} until ${now + seconds(index)} origin web${1 + (index % 40)}.sshd reason "sshd, ${3 + (index % 17)} failures"\n`;
  writeFileSync(list, addresses.map(line).join(''));
  writeFileSync(
    restoreFile,
    addresses.map((address, index) => `add ${set} ${address} timeout ${seconds(index)}\n`).join(''),
  );
  return parseAddress(addresses.at(-1)).value;
}

function describe({ restore, seconds, publishing, cpuSeconds, lost, ...more }) {
  const { peakMegabytes, residentMb, atRest, emptyStart, fullStart } = more;
  const latency = Object.entries(live).map(
    ([name, runs]) => `${name} p99 ${quantile(runs.at(-1), 0.99).toFixed(1)} ms`,
  );
  return (
    `${shown} bans: ${seconds.toFixed(2)} s (vallum-pub ${publishing.toFixed(2)} s, vallumd's CPU ` +
    `${cpuSeconds.toFixed(2)} s), beside ${restore.toFixed(2)} s; the broker lost ${lost}; ` +
    `${residentMb.toFixed(0)} MB, at most ${peakMegabytes.toFixed(0)}, without bans ${atRest.toFixed(0)}; ` +
    `start with an empty set ${emptyStart.seconds.toFixed(2)} s (listens after ` +
    `${emptyStart.listening.toFixed(2)}), with the set intact ${fullStart.listening.toFixed(2)} s; ` +
    `single bans meanwhile: ${latency.join(', ')}`
  );
}

function reportAll() {
  const of = (read) => median(found.map(read));
  const shared = { against: 'ipset restore', unit: 's', reading: 'times-the-time' };
  const alternative = of(({ restore }) => restore);
  report({
    ...{ ...shared, alternative },
    what: `${shown} bans by vallum-pub add --file, into the kernel set`,
    ours: of(({ seconds }) => seconds),
    ...{ goal: 1.5, aim: 0.7 },
    note:
      `with end, origin and reason; vallum-pub is done after ${of(({ publishing }) => publishing).toFixed(1)} s; ` +
      `lost in the broker's queue: ${found.map(({ lost }) => lost).join(', ')}, and ${lostSingles} single bans`,
  });
  report({
    what: `vallumd's memory with ${shown} bans`,
    ours: of(({ residentMb }) => residentMb),
    ...{ unit: 'MB', reading: 'absolute', goal: 300, aim: 180 },
    note: `at most ${of(({ peakMegabytes }) => peakMegabytes).toFixed(0)} MB on the way`,
  });
  report({
    ...{ ...shared, alternative },
    what: `start with that ledger and an empty set, until it is full`,
    ours: of(({ emptyStart }) => emptyStart.seconds),
    ...{ goal: 1, aim: 0.5 },
    note: `listens after ${of(({ emptyStart }) => emptyStart.listening).toFixed(2)} s`,
  });
  report({
    what: 'start with the set intact, until it listens',
    ours: of(({ fullStart }) => fullStart.listening),
    ...{ unit: 's', reading: 'absolute', goal: 1.2, aim: 0.6 },
  });
  reportLive('while the file is taken in', live.filling);
  reportLive('while the start fills the set', live.emptyStart);
  reportLive('behind a start with the set intact', live.fullStart);
  report({
    what: `vallumd's memory at rest, without bans`,
    ours: of(({ atRest }) => atRest),
    ...{ unit: 'MB', reading: 'absolute', goal: 60, aim: 50 },
  });
}

function reportLive(when, runs) {
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) =>
    median(runs.map((times) => quantile(times, share))),
  );
  report({
    what: `a single ban ${when}, p99`,
    ours: p99,
    ...{ unit: 'ms', reading: 'absolute', goal: 20, aim: 5 },
    note: `100 a second; p50 ${p50.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`,
  });
}

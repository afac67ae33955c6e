// A scrape of /metrics: of a node with a million bans beside one with none, in turn, at rest and while
// 100 bans a second come. Every answer is looked at: it has to count the bans that are there.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startVallumd } from './support/consumers.mjs';
import { median, quantile } from './support/median.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { run, waitUntil } from './support/processes.mjs';
import { PORT, startBroker } from './support/queueing-broker.mjs';
import { progress, report } from './support/results.mjs';
import { startLiveBans } from './support/start-live-bans.mjs';
import { vallumPub } from './support/vallum-pub.mjs';
import { distinct, ipv4World } from './support/world.mjs';

const options = readOptions();
const set = 'bench';
const count = scaled(1_000_000, options, 2_000);
const shown = count.toLocaleString('en');
/** Of each node, for one median; fewer would be moved by a single pause of the machine. */
const SCRAPES = scaled(200, options, 20);
const SLOWEST = 0.99;
const PATIENCE_MS = 600_000;
/** Until the collector of garbage and the kernel's own housekeeping have had their turn. */
const REST_MS = 5_000;

const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));
// As Prometheus does: one connection for all.
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const broker = await startBroker(folder, { queue: 'default' });
const nodes = [];
try {
  const full = await startNode('full', set, 9481);
  const empty = await startNode('empty', 'idle', 9482);
  await fill(full);
  await sleep(REST_MS);
  const measured = { rest: { full: [], empty: [] }, busy: { full: [], empty: [] } };
  for (let round = 0; round < options.runs; round++) {
    await scrapeInTurn({ full, empty }, measured.rest);
    const bans = startLiveBans(set, round);
    await bans.begun;
    await scrapeInTurn({ full, empty }, measured.busy);
    const { lost } = await bans.end();
    if (lost > 0) throw new Error(`${lost} bans were lost while it was scraped`);
  }
  tell(`/metrics of a node with ${shown} bans`, measured.rest);
  tell('the same while 100 bans a second come', measured.busy);
} finally {
  for (const node of nodes) await node.stop();
  await broker.stop();
  await run('ipset', ['destroy']);
  rmSync(folder, { recursive: true, force: true });
}

async function startNode(name, topic, port) {
  const size = ['maxelem', String(2 ** 21), 'hashsize', String(2 ** 19)];
  await run('ipset', ['create', topic, 'hash:ip', 'timeout', '0', ...size]);
  const own = join(folder, name);
  mkdirSync(own);
  const args = ['--http', String(port)];
  const node = await startVallumd({ folder: own, topics: [topic], node: name, args });
  nodes.push(node);
  await node.ready();
  return { port, set: topic };
}

async function fill(node) {
  const list = join(folder, 'list');
  const until = Math.floor(Date.now() / 1000) + 86_400;
  const line = (address, index) => `${address} until ${until} origin web1.d${index % 40}\n`;
  writeFileSync(list, distinct(ipv4World, count, 31).map(line).join(''));
  const { program, args } = vallumPub(['--file', list, '-p', String(PORT)], set);
  await run(program, args);
  const isThere = async () => (await scrape(node)).bans >= count;
  await waitUntil(isThere, `${shown} bans in the kernel`, PATIENCE_MS, 500);
}

/** In turn, so that whatever else the machine does meets both. */
async function scrapeInTurn(both, times) {
  for (let turn = 0; turn < SCRAPES; turn++) {
    for (const [name, node] of Object.entries(both)) {
      const { ms, bans } = await scrape(node);
      if (name === 'full' && bans < count) throw new Error(`a scrape counted ${bans} bans`);
      times[name].push(ms);
    }
  }
}

/** @returns {Promise<{ ms: number, bans: number }>} bans in the kernel set, as it says */
async function scrape({ port, set: ofSet }) {
  const begun = performance.now();
  const text = await new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/metrics', agent }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (piece) => (body += piece));
      incoming.on('error', reject).on('end', () => resolve(body));
    }).on('error', reject);
  });
  const ms = performance.now() - begun;
  const [, bans] =
    new RegExp(`^vallum_bans_enforced\\{set="${ofSet}"\\} (\\d+)$`, 'm').exec(text) ?? [];
  if (bans === undefined)
    throw new Error(`a scrape says nothing of ${ofSet}: ${text.slice(0, 200)}`);
  return { ms, bans: Number(bans) };
}

function tell(what, { full, empty }) {
  const [ours, alternative] = [median(full), median(empty)];
  const [worst, worstEmpty] = [quantile(full, SLOWEST), quantile(empty, SLOWEST)];
  const note = `the slowest of 100: ${worst.toFixed(1)} ms, ${worstEmpty.toFixed(1)} ms`;
  progress(`${what}: ${ours.toFixed(2)} ms, empty ${alternative.toFixed(2)} ms; ${note}`);
  const against = 'a node without bans';
  report({ what, ours, against, alternative, unit: 'ms', reading: 'times-the-time', note });
  report({ what: `${what}, in all`, ours, unit: 'ms', reading: 'absolute', goal: 10 });
}

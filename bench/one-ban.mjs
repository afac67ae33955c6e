// How long one ban takes, from `apply` to the kernel's acknowledgement, in sets empty and full.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAddress } from '@vallum/core';
import { clear, openBackend } from './support/backends.mjs';
import { median, quantile } from './support/median.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { run } from './support/processes.mjs';
import { progress, report } from './support/results.mjs';
import { distinct, ipv4World } from './support/world.mjs';

const options = readOptions();
const name = process.argv[2] === 'nftables' ? 'nftables' : 'ipset';
const set = 'bench';
const BANS_A_RUN = 2_000;
// A turn of the event loop between bans, now and then, as between messages.
const BANS_A_TURN = 20;
// Starting the tool takes milliseconds, or with nft and a full set seconds.
const TOOL_BANS = { ipset: 20, nftables: 1 };

for (const size of [0, scaled(500_000, options, 1_000)]) await compare(size);
if (name === 'nftables') await compareWithIntervals(scaled(100_000, options, 1_000));

async function compare(size) {
  const all = distinct(ipv4World, size + options.runs * (BANS_A_RUN + TOOL_BANS[name]), 42);
  const backend = await openBackend(name);
  await backend.create({ set, type: 'hash:ip', family: 'ipv4', maxEntries: 2 ** 21 });
  await applyAll(backend, all.splice(0, size).map(toChange));

  const medians = [];
  const high = [];
  const longest = [];
  const tool = [];
  for (let round = 0; round < options.runs; round++) {
    const micros = await timeEach(backend, all.splice(0, BANS_A_RUN).map(toChange));
    medians.push(median(micros));
    high.push(quantile(micros, 0.99));
    longest.push(Math.max(...micros));
    for (const address of all.splice(0, TOOL_BANS[name])) {
      const [program, args] = command(address);
      tool.push((await run(program, args)).seconds * 1e6);
    }
    progress(
      `${name}, a set of ${size}: median ${medians.at(-1).toFixed(1)} µs, p99 ${high.at(-1).toFixed(1)}, ` +
        `longest ${longest.at(-1).toFixed(0)}; ${program()} ${median(tool).toFixed(0)} µs`,
    );
  }
  await backend.close();
  await clear(name);

  const shown = size.toLocaleString('en');
  const what = `${name}: one ban into ${size === 0 ? 'an empty set' : `a set of ${shown}`}`;
  const ours = median(medians);
  if (name === 'ipset' && size > 0) {
    report({ what, ours, unit: 'µs', reading: 'absolute', goal: 20, aim: 10, note: 'median' });
  }
  report({
    what,
    ours,
    against: program(),
    alternative: median(tool),
    unit: 'µs',
    reading: 'times-faster',
    ...(name === 'nftables' && size > 0 ? { goal: 1_000, aim: 10_000 } : {}),
    note: `p99 ${median(high).toFixed(0)} µs`,
  });
}

/**
 * What holds prefixes too is an interval set, of which nft reads every element before it adds one.
 * Vallum keeps single addresses in a hash set beside it.
 */
async function compareWithIntervals(size) {
  const all = distinct(ipv4World, size + options.runs * (BANS_A_RUN + 1), 43);
  const there = all.splice(0, size);
  const backend = await openBackend(name);
  await backend.create({ set, type: 'hash:net', family: 'ipv4' });
  await applyAll(backend, there.map(toChange));
  await run('nft', ['-f', '-'], {
    input:
      'add set inet vallum mixed { type ipv4_addr; flags interval; }\n' +
      `add element inet vallum mixed { ${there.join(', ')} }\n`,
  });
  const medians = [];
  const tool = [];
  for (let round = 0; round < options.runs; round++) {
    medians.push(median(await timeEach(backend, all.splice(0, BANS_A_RUN).map(toChange))));
    const added = ['add', 'element', 'inet', 'vallum', 'mixed', `{ ${all.pop()} }`];
    tool.push((await run('nft', added)).seconds * 1e6);
    progress(
      `nftables, a set with prefixes of ${size}: median ${medians.at(-1).toFixed(1)} µs; nft add ` +
        `element into one interval set ${tool.at(-1).toFixed(0)} µs`,
    );
  }
  await backend.close();
  await clear(name);
  report({
    what: `nftables: one ban into a set of ${size.toLocaleString('en')} that takes prefixes`,
    ours: median(medians),
    against: program(),
    alternative: median(tool),
    unit: 'µs',
    reading: 'times-faster',
    goal: 1_000,
    aim: 10_000,
    note: 'beside an interval set, which nft reads as a whole',
  });
}

function program() {
  return name === 'ipset' ? 'ipset add' : 'nft add element';
}

function command(address) {
  return name === 'ipset'
    ? ['ipset', ['-exist', 'add', set, address]]
    : ['nft', ['add', 'element', 'inet', 'vallum', set, `{ ${address} }`]];
}

async function timeEach(backend, changes) {
  const micros = [];
  for (const [index, change] of changes.entries()) {
    if (index % BANS_A_TURN === 0) await sleep(0);
    const begun = process.hrtime.bigint();
    const [verdict] = await backend.apply([change]);
    micros.push(Number(process.hrtime.bigint() - begun) / 1000);
    if (verdict.outcome !== 'applied') throw new Error(verdict.detail);
  }
  return micros;
}

async function applyAll(backend, changes) {
  const failed = (await backend.apply(changes)).find(({ outcome }) => outcome === 'failed');
  if (failed !== undefined) throw new Error(failed.detail);
}

function toChange(text) {
  const address = parseAddress(text);
  if (!address.ok) throw new Error(address.detail);
  return { op: 'add', set, address: address.value };
}

// node bench/ledger-columns.mjs: what a ledger of a million leases costs, in seconds and megabytes, and
// the longest that one piece of the work holds up the event loop. Needs no build.
//   --scale 2    two million
import { build } from 'esbuild';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions, scaled } from './support/options.mjs';

const SOURCE = fileURLToPath(new URL('../packages/core/src/ledger/ledger.ts', import.meta.url));
const PIECE = 1000;
const NOW_MS = 1_795_000_000_000;
const count = scaled(1_000_000, readOptions());

const { Ledger } = await load();
const table = [];
for (const family of ['ipv4', 'ipv6']) {
  const columns = leases(family);
  // The second time the code is compiled, as it is in a node that has been up for a while.
  for (const run of ['cold', 'warm']) table.push(...measure(family, run, columns));
}
console.table(table);

function measure(family, run, columns) {
  const ledger = new Ledger();
  const page = ledger.page('blacklist', family);
  const outcomes = new Uint8Array(count);
  const rows = new Int32Array(count);
  const end = NOW_MS + 2_000_000_000;
  const piecewise = (work) => {
    for (let from = 0; from < count; from += PIECE) work(from, Math.min(from + PIECE, count));
  };
  const merge = (lap) =>
    piecewise((from, to) => lap(() => page.merge(columns, from, to, NOW_MS, outcomes, rows)));
  const jobs = {
    'merge, all new': merge,
    'merge, all known': merge,
    'read all': (lap) => {
      const pieces = ledger.registers();
      while (!lap(() => pieces.next()).done);
    },
    'end all': (lap) => {
      while (lap(() => page.takeDue(end, PIECE)) !== undefined);
    },
  };
  return Object.entries(jobs).map(([job, work]) => {
    let seconds = 0;
    // On a busy machine the clock tells how long others had the processor, too.
    const cpu = [];
    work((piece) => {
      const start = performance.now();
      const before = process.cpuUsage();
      const result = piece();
      const { user, system } = process.cpuUsage(before);
      cpu.push((user + system) / 1000);
      seconds += (performance.now() - start) / 1000;
      return result;
    });
    cpu.sort((one, other) => one - other);
    return {
      what: `${family}, ${run}: ${job}`,
      seconds: round(seconds),
      'of processor': round(cpu.reduce((sum, time) => sum + time, 0) / 1000),
      'longest piece, ms of processor': round(cpu.at(-1)),
      'next, ms': round(cpu.at(-2)),
      'megabytes in use': round(page.byteLength / 1e6),
    };
  });
}

/** As of many publishers: 20 origins, 200 reasons, ends in the next ten days. */
function leases(family) {
  const perAddress = family === 'ipv4' ? 1 : 4;
  const random = (most) => Math.floor(Math.random() * most);
  const text = (_, index) => (index === 0 ? '' : `text.${index}`);
  return {
    family,
    length: count,
    words: new Uint32Array(perAddress * count).map(() => random(2 ** 32)),
    prefixLengths: new Uint8Array(count).fill(32 * perAddress),
    actions: new Uint8Array(count),
    flags: new Uint8Array(count),
    origins: new Uint32Array(count).map(() => random(20)),
    untils: new Float64Array(count).map(() => NOW_MS / 1000 + 600 + random(864_000)),
    stamps: new Float64Array(count).fill(NOW_MS),
    reasons: new Uint32Array(count).map(() => random(200)),
    originNames: Array.from({ length: 20 }, text),
    reasonTexts: Array.from({ length: 200 }, text),
  };
}

/** The ledger is no part of what the package shows: bundled from its source. */
async function load() {
  const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));
  try {
    const outfile = join(folder, 'ledger.mjs');
    await build({ entryPoints: [SOURCE], outfile, bundle: true, format: 'esm', platform: 'node' });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function round(number) {
  return Number(number.toPrecision(3));
}

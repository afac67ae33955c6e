// How fast a list gets into a kernel set: netlink from Node beside the tools that read files.
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clear } from './support/backends.mjs';
import { median } from './support/median.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { run } from './support/processes.mjs';
import { progress, report } from './support/results.mjs';
import { ipv4World, ipv6World, prefixWorld } from './support/world.mjs';

const options = readOptions();
const backends = process.argv[2] === 'nftables' ? ['nftables'] : ['ipset'];
const filler = fileURLToPath(new URL('support/fill.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));

const lists = [
  { what: 'IPv4 addresses', make: ipv4World, size: 1_000_000, family: 'ipv4', type: 'hash:ip' },
  { what: 'IPv6 addresses', make: ipv6World, size: 200_000, family: 'ipv6', type: 'hash:ip' },
  { what: 'IPv4 prefixes', make: prefixWorld, size: 200_000, family: 'ipv4', type: 'hash:net' },
];

try {
  for (const backend of backends) for (const list of lists) await compare(backend, list);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare(backend, { what, make, size, family, type }) {
  const count = scaled(size, options, 100);
  const addresses = make(count);
  const tool = backend === 'ipset' ? restoreIpset : nftFile;
  const listFile = join(folder, 'list');
  const toolFile = join(folder, 'tool');
  writeFileSync(listFile, `${addresses.join('\n')}\n`);
  const { prepare, input, measureTool } = tool(addresses, { family, type, toolFile });
  writeFileSync(toolFile, input);

  const apart = [];
  const together = [];
  const theirs = [];
  // Turn by turn, so that a slow minute of the machine hits both.
  for (let round = 0; round < options.runs; round++) {
    for (const [how, found] of Object.entries({ apart, together })) {
      const args = [filler, backend, type, family, listFile, how];
      found.push(JSON.parse((await run(process.execPath, args)).stdout));
      await clear(backend);
    }
    await prepare();
    theirs.push(await measureTool());
    await clear(backend);
    const { applySeconds, parseSeconds } = apart.at(-1);
    const { seconds, pauseMs } = together.at(-1);
    progress(
      `${backend}, ${count} ${what}: ${applySeconds.toFixed(3)} s (and ${parseSeconds.toFixed(3)} s ` +
        `to read the list; both together ${seconds.toFixed(3)} s), beside ` +
        `${theirs.at(-1).toFixed(3)} s; longest pause of the event loop ${pauseMs.toFixed(1)} ms`,
    );
  }
  const pauseMs = Math.max(...together.map((one) => one.pauseMs));
  const shared = {
    against: backend === 'ipset' ? 'ipset restore' : 'nft -f',
    alternative: median(theirs),
    unit: 's',
    reading: 'times-faster',
  };
  const size1 = count.toLocaleString('en');
  report({
    ...shared,
    what: `${backend}: ${size1} ${what}`,
    ours: median(apart.map(({ applySeconds }) => applySeconds)),
    ...(backend === 'ipset' ? { goal: 6, aim: 10 } : { goal: 4, aim: 8 }),
  });
  report({
    ...shared,
    what: `the same from a text file`,
    ours: median(together.map(({ seconds }) => seconds)),
    ...(backend === 'ipset' ? { goal: 2, aim: 4 } : {}),
    note: `with reading and checking ${size1} lines`,
  });
  report({
    what: `the event loop's longest pause meanwhile`,
    ours: pauseMs,
    unit: 'ms',
    reading: 'absolute',
    note: `of ${options.runs} runs`,
  });
}

function restoreIpset(addresses, { family, type, toolFile }) {
  const inet = family === 'ipv6' ? 'inet6' : 'inet';
  return {
    prepare: () =>
      run('ipset', ['create', 'bench', type, 'family', inet, 'maxelem', String(2 ** 21)]),
    input: addresses.map((address) => `add bench ${address}\n`).join(''),
    measureTool: () =>
      withInput(toolFile, (stdin) => run('ipset', ['restore', '-exist'], { stdin })),
  };
}

function nftFile(addresses, { family, type, toolFile }) {
  const kind = family === 'ipv6' ? 'ipv6_addr' : 'ipv4_addr';
  // Without auto-merge nft refuses the whole file for two prefixes that overlap.
  const flags = type === 'hash:net' ? ' flags interval; auto-merge;' : '';
  const batches = [];
  // One command of all elements is the form that nft is fastest with.
  batches.push(`add element inet vallum bench { ${addresses.join(', ')} }\n`);
  return {
    prepare: () =>
      run('nft', ['-f', '-'], {
        input: `add table inet vallum\nadd set inet vallum bench { type ${kind};${flags} }\n`,
      }),
    input: batches.join(''),
    measureTool: async () => (await run('nft', ['-f', toolFile])).seconds,
  };
}

async function withInput(file, work) {
  const stdin = openSync(file, 'r');
  try {
    return (await work(stdin)).seconds;
  } finally {
    closeSync(stdin);
  }
}

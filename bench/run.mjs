// npm run bench: every benchmark that this machine can run, and one table of ratios.
//   npm run bench                                  everything
//   npm run bench -- bulk-ipset daemon             some of it
//   npm run bench -- --runs 7 --scale 0.1          more often, smaller
//   npm run bench -- --json results.json           the rows for programs, too
//   npm run bench -- --list                        names
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, install } from '../scripts/prepare.mjs';
import { namespacePrefix, NO_NAMESPACE } from './support/namespace.mjs';
import { readOptions } from './support/options.mjs';
import { progress, readRows, renderTable } from './support/results.mjs';

/** What to run, in a network namespace of its own each, and what it needs of the machine. */
const BENCHMARKS = {
  'bulk-ipset': { script: 'bulk.mjs', args: ['ipset'], needs: ['ipset'] },
  'bulk-nftables': { script: 'bulk.mjs', args: ['nftables'], needs: ['nft'] },
  reading: { script: 'reading.mjs', needs: ['ipset'] },
  'one-ban-ipset': { script: 'one-ban.mjs', args: ['ipset'], needs: ['ipset'] },
  'one-ban-nftables': { script: 'one-ban.mjs', args: ['nftables'], needs: ['nft'] },
  daemon: { script: 'daemon.mjs', needs: ['ipset', 'mosquitto', 'mosquitto_sub'] },
  latency: { script: 'latency.mjs', needs: ['ipset', 'mosquitto', 'mosquitto_sub'] },
  subscribers: { script: 'subscribers.mjs', needs: ['ipset', 'mosquitto'] },
  ledger: { script: 'ledger.mjs', needs: ['ipset', 'mosquitto'] },
  joining: { script: 'joining.mjs', needs: ['ipset', 'mosquitto', 'mosquitto_sub'] },
  scrape: { script: 'scrape.mjs', needs: ['ipset', 'mosquitto'] },
  publish: {
    script: 'publish.mjs',
    needs: ['mosquitto', 'mosquitto_sub', 'mosquitto_pub', 'openssl', 'bash'],
  },
  sync: { script: 'sync.mjs', needs: ['mosquitto', 'mosquitto_sub'] },
  fail2ban: {
    script: 'fail2ban.mjs',
    needs: ['fail2ban-server', 'ipset', 'nft', 'iptables', 'mosquitto'],
  },
};

/** A call of each program that works wherever the program is any good. */
const PROBES = {
  ipset: ['list', '-n'],
  nft: ['list', 'tables'],
  iptables: ['-S'],
  mosquitto: ['-h'],
  mosquitto_sub: ['--help'],
  mosquitto_pub: ['--help'],
  'fail2ban-server': ['--version'],
  openssl: ['version'],
  bash: ['-c', 'true'],
};
/** Their help ends with an exit code of its own. */
const ANY_EXIT_CODE = ['mosquitto', 'mosquitto_sub', 'mosquitto_pub'];

const argv = process.argv.slice(2);
const { runs, scale } = readOptions(argv);
const jsonFile = argv.includes('--json') ? argv[argv.indexOf('--json') + 1] : undefined;
if (argv.includes('--list')) {
  console.log(Object.keys(BENCHMARKS).join('\n'));
  process.exit(0);
}
const names = chosen();

const prefix = namespacePrefix();
if (prefix === undefined) {
  console.error(NO_NAMESPACE);
  process.exit(1);
}
install();
build();

const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));
const results = join(folder, 'rows.jsonl');
writeFileSync(results, '');
const skipped = [];
const failed = [];
const begun = performance.now();
for (const name of names) runOne(name);

const rows = readRows(results);
rmSync(folder, { recursive: true, force: true });
const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
console.log(
  `\n${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Linux ${release()}, ` +
    `Node ${process.versions.node}; medians of ${runs} runs, scale ${scale}, ${minutes} minutes\n`,
);
if (rows.length > 0) console.log(renderTable(rows));
for (const { name, why } of skipped) console.log(`\nSkipped ${name}: ${why}.`);
for (const name of failed) console.log(`\nFailed: ${name}, see above.`);
if (jsonFile !== undefined) {
  writeFileSync(jsonFile, `${JSON.stringify({ runs, scale, rows, skipped, failed }, null, 2)}\n`);
}
process.exit(failed.length > 0 ? 1 : 0);

function runOne(name) {
  const { script, args = [], needs } = BENCHMARKS[name];
  const why = needs.map(whyMissing).find((reason) => reason !== undefined);
  if (why !== undefined) {
    skipped.push({ name, why });
    progress(`${name}: skipped, ${why}`);
    return;
  }
  progress(`${name} …`);
  const path = fileURLToPath(new URL(script, import.meta.url));
  const numbers = ['--runs', String(runs), '--scale', String(scale)];
  const { status } = inNamespace([process.execPath, path, ...args, ...numbers], {
    stdio: 'inherit',
    env: { ...process.env, VALLUM_BENCH_RESULTS: results },
  });
  if (status !== 0) failed.push(name);
}

function chosen() {
  const values = ['--runs', '--scale', '--json'];
  const wanted = argv.filter((word, at) => !word.startsWith('-') && !values.includes(argv[at - 1]));
  const unknown = [
    ...wanted.filter((name) => BENCHMARKS[name] === undefined),
    ...argv.filter((word) => word.startsWith('-') && ![...values, '--list'].includes(word)),
  ];
  if (unknown.length === 0) return wanted.length > 0 ? wanted : Object.keys(BENCHMARKS);
  console.error(`unknown: ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  return process.exit(64);
}

function whyMissing(program) {
  const { error, status, stderr } = inNamespace([program, ...PROBES[program]], {
    encoding: 'utf8',
  });
  // `sh` says 127 for what it does not find.
  if (status === 127) return `${program} is not installed`;
  if (ANY_EXIT_CODE.includes(program) || (error === undefined && status === 0)) return undefined;
  return `${program} does not work here: ${(stderr ?? error?.message ?? '').trim().split('\n')[0]}`;
}

function inNamespace(command, options) {
  const [program, ...args] = [...prefix, ...command];
  return spawnSync(program, args, options);
}

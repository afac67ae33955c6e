// 2,000 nodes that share bans, in virtual time: the real share/, ledger/ and lease/, over a broker that
// delays, loses, doubles and divides. What happens follows from the seed.
//
//     node bench/fleet.mjs [--nodes 2000] [--seed 1] [--runs 1] [--rest 1800]
//
// Prints what it costs and how long it takes until all digests are equal after each disturbance; exits
// with 1, and prints the seed, where they are not within a minute.
import { parseArgs } from 'node:util';
import { loadCore } from './support/core-source.mjs';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    /** Seconds of rest over which beacons are counted. */
    rest: { type: 'string', default: '1800' },
    quiet: { type: 'boolean', default: false },
  },
});
const nodes = Number(values.nodes);
const rest = Number(values.rest);
const { disturb } = await loadCore(['share/test-disturbances.ts']);

const worst = new Map();
let failed = 0;
for (let run = 0; run < Number(values.runs); run++) {
  const seed = Number(values.seed) + run;
  const started = performance.now();
  const result = disturb({ seed, nodes, restSeconds: rest });
  const took = ((performance.now() - started) / 1000).toFixed(1);
  const late = result.phases.filter(({ seconds }) => seconds === undefined);
  if (!values.quiet) print(result);
  for (const { name, seconds = Infinity } of result.phases) {
    worst.set(name, Math.max(worst.get(name) ?? 0, seconds));
  }
  if (late.length > 0 || result.restBeaconsPerSecond > 0.05) {
    failed += 1;
    console.log(
      `seed ${seed}, ${nodes} nodes: FAILED: ${late.map(({ name }) => name).join(', ')} ` +
        `(${result.restBeaconsPerSecond.toFixed(3)} beacons a second at rest)`,
    );
  } else if (!values.quiet) console.log(`seed ${seed}: all equal each time; took ${took} s`);
}
if (Number(values.runs) > 1) {
  console.log(`${values.runs} runs of ${nodes} nodes, ${failed} failed; the longest until equal:`);
  for (const [name, seconds] of worst) console.log(`  ${name}: ${seconds.toFixed(0)} s`);
}
process.exitCode = failed === 0 ? 0 : 1;

function print({ phases, restBeaconsPerSecond, warnings }) {
  const head = ['', 'equal after', 'beacons', 'repair messages', 'KiB', 'deliveries/node'];
  const rows = phases.map(({ name, seconds, traffic }) => [
    name,
    seconds === undefined ? 'never' : `${seconds.toFixed(0)} s`,
    String(traffic.beacons),
    String(traffic.repairs),
    (traffic.bytes / 1024).toFixed(0),
    (traffic.deliveries / nodes).toFixed(1),
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at].length)));
  for (const row of [head, ...rows]) {
    console.log(
      row.map((cell, at) => (at ? cell.padStart(widths[at]) : cell.padEnd(widths[at]))).join('  '),
    );
  }
  console.log(`at rest: ${restBeaconsPerSecond.toFixed(4)} beacons a second in all`);
  for (const warning of warnings.slice(0, 5)) console.log(`warning: ${warning}`);
}

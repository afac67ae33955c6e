// A day's worth of bans and unbans in minutes: `node bench/soak.mjs [SECONDS] [BACKEND]`, in a
// network namespace of its own (`npm run soak` sees to that). Fails where memory grows, descriptors
// leak, or the kernel set and the ledger disagree in the end.
//
// A busy fleet bans some 10 addresses a second, 864,000 a day. Here as many as the machine takes come
// over a transport without a broker, in bursts of every size: bans with and without an end, bans
// again, unbans, unbans of what is not there, prefixes, nonsense.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { createVallum, openFileStore } from '@vallum/core';
import { listMembers } from '@vallum/core/backend';
import { openBackend } from './support/backends.mjs';
import { Storm } from './support/storm.mjs';

const DAY = 864_000;
const seconds = Number(process.argv[2] ?? 300);
const name = process.argv[3] ?? 'ipset';
const set = 'soak';
const folder = mkdtempSync(join(tmpdir(), 'vallum-soak-'));
const backend = await openBackend(name);
await backend.create({ set, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 });

const heard = { banned: 0, unbanned: 0, ended: 0, rejected: 0, other: 0 };
let handlers;
const transport = {
  open: (given) => (handlers = given),
  subscribe: () => undefined,
  publish: async () => undefined,
  close: async () => undefined,
};
const vallum = await createVallum({
  topics: [set],
  policy: { protectHost: false },
  backend,
  transport,
  store: await openFileStore(folder),
  checkIntervalMs: 1_000,
  listeners: { report: ({ outcome }) => (heard[outcome in heard ? outcome : 'other'] += 1) },
});

const storm = new Storm(set);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const samples = [];
const begun = performance.now();
let nextSample = 0;
let changes = 0;
while (performance.now() - begun < seconds * 1000) {
  const messages = storm.burst();
  changes += messages.length;
  await handlers.messages(messages);
  const elapsed = (performance.now() - begun) / 1000;
  if (elapsed >= nextSample) {
    samples.push(sample(elapsed));
    nextSample += seconds / 20;
  }
  // Lets timers and checks have their turn, as the pauses of a real day do.
  await nextTurn();
}
delay.disable();

await vallum.close();
const { members, wrong } = await compareWithKernel();
rmSync(folder, { recursive: true, force: true });

const [early, late] = [samples[Math.floor(samples.length / 3)], samples.at(-1)];
const growth = late.rssMegabytes - early.rssMegabytes;
const faults = [
  ...(wrong === undefined ? [] : [wrong]),
  ...(late.descriptors > early.descriptors + 2
    ? [`descriptors went from ${early.descriptors} to ${late.descriptors}`]
    : []),
  // What the ledger holds is bounded by the storm's addresses, so memory settles.
  ...(growth > 40 ? [`memory grew by ${growth.toFixed(0)} MB`] : []),
];
console.log(
  JSON.stringify({
    backend: name,
    seconds,
    changes,
    days: Number((changes / DAY).toFixed(2)),
    heard,
    members: members.size,
    rssMegabytes: samples.map(({ rssMegabytes }) => Math.round(rssMegabytes)),
    heapMegabytes: samples.map(({ heapMegabytes }) => Number(heapMegabytes.toFixed(1))),
    journalMegabytes: samples.map(({ journalMegabytes }) => Number(journalMegabytes.toFixed(1))),
    descriptors: [early.descriptors, late.descriptors],
    longestPauseMs: Number((delay.max / 1e6).toFixed(1)),
    faults,
  }),
);
process.exit(faults.length > 0 ? 1 : 0);

/**
 * The kernel leaves elements out of a dump of nftables' hash sets while it moves them to another
 * table (rhashtable_walk_next gives -EAGAIN, and nft_rhash_walk goes on), which it does for seconds
 * after many have expired. So one look that agrees is enough.
 */
async function compareWithKernel() {
  const check = await openBackend(name);
  let [members, wrong] = [];
  for (let look = 0; look < 10; look++) {
    members = new Set((await listMembers(check, set)).map(({ address }) => address.text));
    wrong = storm.disagreement(members);
    if (wrong === undefined) break;
    await sleep(300);
  }
  await check.close();
  return { members, wrong };
}

function sample(elapsed) {
  globalThis.gc?.();
  return {
    elapsed,
    // From the kernel: process.memoryUsage does not see what koffi holds.
    rssMegabytes:
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024,
    heapMegabytes: process.memoryUsage().heapUsed / 2 ** 20,
    descriptors: readdirSync('/proc/self/fd').length,
    journalMegabytes: statSync(join(folder, 'ledger.journal')).size / 2 ** 20,
  };
}

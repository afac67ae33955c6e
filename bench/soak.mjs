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
import { createVallum, openFileStore, parseAddress } from '@vallum/core';
import { listMembers } from '@vallum/core/backend';
import { openBackend } from './support/backends.mjs';
import { waitUntil } from './support/processes.mjs';
import { Storm } from './support/storm.mjs';

const DAY = 864_000;
/** Changes after which the storm has named nearly all of its addresses. */
const FULL_AFTER = 60_000;
const CAUGHT_UP_MS = 40_000;
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
    samples.push(sample());
    nextSample += seconds / 20;
  }
  // Lets timers and checks have their turn, as the pauses of a real day do.
  await nextTurn();
}
delay.disable();

// On a busy machine the kernel set is behind: a ban at most for as long as it is pending, and nobody
// counts what is still to be lifted.
const hasCaughtUp = () => vallum.status().sets.every(({ pending }) => pending === 0);
await waitUntil(hasCaughtUp, 'the set catching up', CAUGHT_UP_MS);
let [members, wrong] = await compareWithKernel();
for (let look = 1; look < 10 && wrong !== undefined; look++) {
  await sleep(300);
  [members, wrong] = await compareWithKernel();
}
await vallum.close();
rmSync(folder, { recursive: true, force: true });

// By what was done, not by the clock: how soon the ledger is full depends on the machine.
const early = samples.find((one) => one.changes >= Math.min(FULL_AFTER, changes / 2));
const late = samples.at(-1);
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
 * after many have expired, and on a busy machine for longer. So what a dump lacks is asked for by itself.
 */
async function compareWithKernel() {
  const check = await openBackend(name);
  const members = new Set((await listMembers(check, set)).map(({ address }) => address.text));
  let lost;
  for (const address of storm.missing(members)) {
    if (await check.test(set, parseAddress(address).value)) members.add(address);
    else lost ??= `${address} is banned and not in the set`;
  }
  await check.close();
  return [members, lost ?? storm.disagreement(members)];
}

function sample() {
  globalThis.gc?.();
  return {
    changes,
    // From the kernel: process.memoryUsage does not see what koffi holds.
    rssMegabytes:
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024,
    heapMegabytes: process.memoryUsage().heapUsed / 2 ** 20,
    descriptors: readdirSync('/proc/self/fd').length,
    journalMegabytes: statSync(join(folder, 'ledger.journal')).size / 2 ** 20,
  };
}

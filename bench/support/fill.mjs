// Fills one kernel set from a list, as a process of its own: `fill.mjs BACKEND TYPE FAMILY LIST`.
// Answers with JSON: seconds from the first byte of the list to parsed addresses, and from those to
// the last acknowledgement of the kernel; the longest the event loop stood still meanwhile.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseAddress } from '@vallum/core';
import { openBackend } from './backends.mjs';
import { usedBy } from './processes.mjs';

const [name, type, family, list] = process.argv.slice(2);
const backend = await openBackend(name);
const set = 'bench';
await backend.create({ set, type, family, maxEntries: 2 ** 21 });

const begun = performance.now();
const changes = [];
for (const line of readFileSync(list, 'utf8').split('\n')) {
  if (line === '') continue;
  const address = parseAddress(line);
  if (!address.ok) throw new Error(`${line}: ${address.detail}`);
  changes.push({ op: 'add', set, address: address.value });
}
const parsed = performance.now();
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const reports = await backend.apply(changes);
const applied = performance.now();
// Lets the monitor see a pause that ended just now.
await new Promise((resolve) => setTimeout(resolve, 5));
delay.disable();

const failed = reports.find(({ outcome }) => outcome === 'failed');
if (failed !== undefined) throw new Error(failed.detail);
const { entries } = await backend.inspect(set);
await backend.close();
console.log(
  JSON.stringify({
    parseSeconds: (parsed - begun) / 1000,
    applySeconds: (applied - parsed) / 1000,
    pauseMs: delay.max / 1e6,
    entries,
    ...usedBy(process.pid),
  }),
);

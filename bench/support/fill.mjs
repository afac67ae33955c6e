// Fills one kernel set from a list, as a process of its own: `fill.mjs BACKEND TYPE FAMILY LIST HOW`.
// HOW is `apart`, to know what the parts take: reads the whole list into columns, then applies them; or
// `together`, as fast as it goes: the kernel gets one part while the next is read.
// Answers with JSON: seconds from the first byte of the list to columns, from those to the last
// acknowledgement of the kernel, and of all; the longest the event loop stood still meanwhile.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ADD, applyInColumns, FAILED, NO_TIMEOUT } from '@vallum/core/backend';
import { ListReader } from '@vallum/core/protocol';
import { openBackend } from './backends.mjs';
import { usedBy } from './processes.mjs';

const PIECE_BYTES = 256 * 1024;

const [name, type, family, list, how] = process.argv.slice(2);
const backend = await openBackend(name);
const set = 'bench';
await backend.create({ set, type, family, maxEntries: 2 ** 21 });
const perAddress = family === 'ipv6' ? 4 : 1;

const delay = monitorEventLoopDelay({ resolution: 1 });
const bytes = readFileSync(list);
let columns = emptyColumns();
const reader = new ListReader({ entry: take, rejected: refuse });
delay.enable();
const { begun, parsed, applied } = await (how === 'together' ? fillTogether() : fillApart());
// Lets the monitor see a pause that ended just now.
await new Promise((resolve) => setTimeout(resolve, 5));
delay.disable();

const { entries } = await backend.inspect(set);
await backend.close();
console.log(
  JSON.stringify({
    parseSeconds: (parsed - begun) / 1000,
    applySeconds: (applied - parsed) / 1000,
    seconds: (applied - begun) / 1000,
    pauseMs: delay.max / 1e6,
    entries,
    ...usedBy(process.pid),
  }),
);

async function fillApart() {
  const begun = performance.now();
  reader.push(bytes);
  reader.end();
  const parsed = performance.now();
  delay.reset();
  await apply(columns);
  return { begun, parsed, applied: performance.now() };
}

async function fillTogether() {
  const begun = performance.now();
  let applying = Promise.resolve();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    columns = emptyColumns();
    reader.push(bytes.subarray(at, at + PIECE_BYTES));
    if (at + PIECE_BYTES >= bytes.length) reader.end();
    await applying;
    applying = apply(columns);
    await nextTurn();
  }
  await applying;
  const applied = performance.now();
  return { begun, parsed: begun, applied };
}

async function apply(columns) {
  const { outcomes, failures } = await applyInColumns(backend, columns);
  if (!outcomes.includes(FAILED)) return;
  const [failure] = failures.values();
  throw new Error(failure?.detail ?? 'the backend gave no reason');
}

function emptyColumns(capacity = 4096) {
  return {
    ...{ set, family, length: 0 },
    words: new Uint32Array(capacity * perAddress),
    prefixLengths: new Uint8Array(capacity),
    ops: new Uint8Array(capacity).fill(ADD),
    timeoutSeconds: new Uint32Array(capacity).fill(NO_TIMEOUT),
  };
}

function take(entry) {
  const index = columns.length;
  if (index === columns.prefixLengths.length) grow();
  for (let part = 0; part < perAddress; part++) {
    columns.words[index * perAddress + part] = entry.words[part];
  }
  columns.prefixLengths[index] = entry.prefixLength;
  columns.length = index + 1;
}

function grow() {
  const { length, words, prefixLengths } = columns;
  columns = { ...emptyColumns(2 * length), length };
  columns.words.set(words);
  columns.prefixLengths.set(prefixLengths);
}

function refuse({ place, detail }) {
  throw new Error(`${place}: ${detail}`);
}

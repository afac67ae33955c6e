// How fast text becomes addresses: messages as they travel, read into columns, beside all the work of
// the tool that reads the same list and fills a set from it.
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeInto, EntryBatches, parseBinding, resolveTopic } from '@vallum/core/protocol';
import { clear } from './support/backends.mjs';
import { median } from './support/median.mjs';
import { readOptions, scaled } from './support/options.mjs';
import { run } from './support/processes.mjs';
import { progress, report } from './support/results.mjs';
import { ipv4World, ipv6World, prefixWorld } from './support/world.mjs';

const MESSAGE_BYTES = 48 * 1024;
/** So many messages are taken together. */
const TOGETHER = 20;
const TERMS = ' until 4000000000 origin web1.sshd at 1795416400000 reason "sshd, 5 failures"';

const options = readOptions();
const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));
const binding = parseBinding('bench');
const topic = resolveTopic('bench/add', [binding.value]);

const lists = [
  { what: 'IPv4 addresses', make: ipv4World, size: 1_000_000, family: 'inet', type: 'hash:ip' },
  { what: 'IPv6 addresses', make: ipv6World, size: 200_000, family: 'inet6', type: 'hash:ip' },
  { what: 'IPv4 prefixes', make: prefixWorld, size: 200_000, family: 'inet', type: 'hash:net' },
];

try {
  for (const list of lists) await compare(list);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare({ what, make, size, family, type }) {
  const count = scaled(size, options, 100);
  const addresses = make(count);
  const bare = messagesOf(addresses);
  const full = messagesOf(addresses.map((address) => address + TERMS));
  const file = join(folder, 'list');
  writeFileSync(file, addresses.map((address) => `add bench ${address}\n`).join(''));

  const seconds = { bare: [], full: [], tool: [] };
  for (let round = 0; round < options.runs; round++) {
    seconds.bare.push(read(bare, count));
    seconds.full.push(read(full, count));
    await run('ipset', ['create', 'bench', type, 'family', family, 'maxelem', String(2 ** 21)]);
    const stdin = openSync(file, 'r');
    seconds.tool.push((await run('ipset', ['restore', '-exist'], { stdin })).seconds);
    closeSync(stdin);
    await clear('ipset');
    const [last] = seconds.bare.slice(-1);
    progress(`${count} ${what}: ${last.toFixed(3)} s, beside ${seconds.tool.at(-1).toFixed(3)} s`);
  }
  const shared = {
    against: 'ipset restore',
    alternative: median(seconds.tool),
    unit: 's',
    reading: 'times-faster',
    goal: 2,
    aim: 4,
  };
  const named = `reading ${count.toLocaleString('en')} ${what}`;
  report({ ...shared, what: named, ours: median(seconds.bare), note: 'into columns alone' });
  report({
    ...shared,
    what: `${named} with end, origin, stamp and reason`,
    ours: median(seconds.full),
    note: 'the tool reads the addresses alone',
  });
}

function messagesOf(lines) {
  const messages = [];
  let message = [];
  let bytes = 0;
  for (const line of lines) {
    if (bytes + line.length + 1 > MESSAGE_BYTES) {
      messages.push(Buffer.from(message.join('\n')));
      message = [];
      bytes = 0;
    }
    message.push(line);
    bytes += line.length + 1;
  }
  if (message.length > 0) messages.push(Buffer.from(message.join('\n')));
  return messages;
}

function read(messages, count) {
  const begun = performance.now();
  let entries = 0;
  let batches = new EntryBatches();
  for (const [index, payload] of messages.entries()) {
    if (index % TOGETHER === 0) batches = new EntryBatches();
    const context = { nowMs: 1795416400000, ownStamp: 1795416400000, messageIndex: index };
    entries += decodeInto(batches, topic, { topic: 'bench/add', payload }, context).entries;
  }
  const seconds = (performance.now() - begun) / 1000;
  if (entries !== count) throw new Error(`${entries} of ${count} entries were understood`);
  return seconds;
}

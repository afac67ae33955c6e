// What a repair between two nodes costs: bytes and messages for some differences among 100,000 leases.
//
//     node bench/repair-bytes.mjs [--leases 100000] [--negentropy FOLDER]
//
// With a folder that holds the JavaScript implementation of Negentropy (range-based set
// reconciliation), the same differences are found by it, too: identifiers only, so that the leases
// themselves, which both would have to send, come on top.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadCore } from './support/core-source.mjs';

const { values } = parseArgs({
  options: { leases: { type: 'string', default: '100000' }, negentropy: { type: 'string' } },
});
const leases = Number(values.leases);
const { Fleet, START_MS, SET, registerColumns } = await loadCore([
  'share/test-fleet.ts',
  'share/test-many.ts',
]);

console.log(`differences among ${leases.toLocaleString('en')} leases, half of them on each side`);
for (const differences of [1, 100, 10_000]) {
  await measureOurs(differences);
  if (values.negentropy !== undefined) await measureNegentropy(differences);
}
await measureOurs(leases, true);

async function measureOurs(differences, isEmpty = false) {
  const fleet = new Fleet({ seed: 1, nodes: 2, delayMs: [2, 2] });
  const kinds = new Map();
  let bytes = 0;
  const publish = fleet.publish.bind(fleet);
  fleet.publish = (from, topic, payload) => {
    const { kind = 'beacon' } = JSON.parse(payload);
    if (kind !== 'beacon') {
      bytes += payload.length;
      const own = kind === 'piece' || kind === 'give' ? 'registers' : 'questions';
      kinds.set(own, (kinds.get(own) ?? 0) + payload.length);
      kinds.set('messages', (kinds.get('messages') ?? 0) + 1);
      kinds.set('end', (kinds.get('end') ?? 0) + (kind === 'end' ? 1 : 0));
      kinds.set('give', (kinds.get('give') ?? 0) + (kind === 'give' ? 1 : 0));
    }
    publish(from, topic, payload);
  };
  const [one, other] = fleet.nodes;
  const half = Math.floor(differences / 2);
  one.take(registerColumns(0, isEmpty ? leases : leases - half, START_MS));
  if (!isEmpty) {
    other.take(registerColumns(0, leases - differences, START_MS));
    other.take(registerColumns(leases - half, leases, START_MS));
  }
  one.start();
  // Who has just come asks: that is how a node that holds nothing is met.
  if (isEmpty) fleet.run(120);
  bytes = 0;
  kinds.clear();
  other.start();
  const started = performance.now();
  const seconds = fleet.settle(60);
  const took = performance.now() - started;
  const rounds = 1 + kinds.get('end') + kinds.get('give');
  console.log(
    `${isEmpty ? 'empty node' : String(differences).padStart(6)}: ${kib(bytes)} KiB, ` +
      `${kib(kinds.get('registers') ?? 0)} of it registers; ${kinds.get('messages')} messages, ` +
      `${rounds} rounds; equal after ${seconds} s (of which ${took.toFixed(0)} ms of work)`,
  );
  if (one.ledger.digest(SET).whole[0] !== other.ledger.digest(SET).whole[0])
    throw new Error('differ');
}

async function measureNegentropy(differences) {
  const require = createRequire(resolve(values.negentropy, 'index.js'));
  const { Negentropy, NegentropyStorageVector } = require('./Negentropy.js');
  const half = Math.floor(differences / 2);
  const id = (number) => {
    const bytes = Buffer.alloc(32);
    for (let at = 0; at < 32; at += 4) {
      bytes.writeUInt32LE(Math.imul(number + 1, 0x9e3779b1 + 2 * at) >>> 0, at);
    }
    return bytes;
  };
  const storage = (numbers) => {
    const vector = new NegentropyStorageVector();
    for (const number of numbers) vector.insert(1_700_000_000 + number, id(number));
    vector.seal();
    return vector;
  };
  const range = (from, to) => Array.from({ length: to - from }, (_, index) => from + index);
  // Spread over all of them: the later half of the differences is on the other side.
  const step = Math.floor(leases / differences);
  const isOdd = (number) => number % step === 0 && number / step < differences;
  const all = range(0, leases);
  const ours = all.filter((number) => !isOdd(number) || number / step >= half);
  const theirs = all.filter((number) => !isOdd(number) || number / step < half);
  const client = new Negentropy(storage(ours), 60_000);
  const server = new Negentropy(storage(theirs), 60_000);
  // Bytes, not hexadecimal digits.
  client.wantUint8ArrayOutput = server.wantUint8ArrayOutput = true;
  const started = performance.now();
  let message = await client.initiate();
  let bytes = 0;
  let rounds = 0;
  let found = 0;
  while (message !== null && message !== undefined) {
    bytes += message.length;
    rounds += 1;
    const [answer] = await server.reconcile(message);
    bytes += answer.length;
    const [next, have, need] = await client.reconcile(answer);
    found += have.length + need.length;
    message = next;
  }
  console.log(
    `        Negentropy: ${kib(bytes)} KiB, ${rounds} rounds, ${found} found, ` +
      `${(performance.now() - started).toFixed(0)} ms of work`,
  );
}

function kib(bytes) {
  return (bytes / 1024).toFixed(1);
}

// Do two state folders hold the same bans, such as a firewall's and its backup? Ends with 1 if not, and
// names what only one of them holds. A vallumd may be running on either.
//   node compare-ledgers.mjs /var/lib/vallum /backup/vallum blacklist
import { createMemoryBackend, createReadOnlyStore, createVallum } from '@vallum/core';

const [left = '', right = '', set = 'blacklist'] = process.argv.slice(2);
const open = (/** @type {string} */ folder) =>
  createVallum({
    topics: [set],
    backend: createMemoryBackend(),
    store: createReadOnlyStore(folder),
  });
const [one, other] = await Promise.all([open(left), open(right)]);

/** @param {import('@vallum/core').Vallum} vallum */
async function bansOf(vallum) {
  const bans = new Set();
  for await (const { address, origin } of vallum.leases(set)) bans.add(`${address} ${origin}`);
  return bans;
}

if (one.digest(set) === other.digest(set)) {
  console.log(`the same bans in ${set}: digest ${one.digest(set)}`);
} else {
  const [ofOne, ofOther] = [await bansOf(one), await bansOf(other)];
  for (const ban of ofOne) if (!ofOther.has(ban)) console.log(`only ${left}: ${ban}`);
  for (const ban of ofOther) if (!ofOne.has(ban)) console.log(`only ${right}: ${ban}`);
  process.exitCode = 1;
}
await Promise.all([one.close(), other.close()]);

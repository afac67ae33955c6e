// Today's bans as CSV, the youngest first, from the state folder of a vallumd that may be running.
//   node bans-today.mjs /var/lib/vallum blacklist >bans.csv
import { createMemoryBackend, createReadOnlyStore, createVallum } from '@vallum/core';

const [folder = '/var/lib/vallum', set = 'blacklist'] = process.argv.slice(2);

/** What others wrote is text for a spreadsheet, never a formula. */
const cell = (/** @type {string} */ text) =>
  `"${text.replace(/^[=+@-]/, "'$&").replaceAll('"', '""')}"`;
const time = (/** @type {number} */ unixMs) => new Date(unixMs).toISOString();

const vallum = await createVallum({
  topics: [set],
  backend: createMemoryBackend(),
  store: createReadOnlyStore(folder),
});
const midnight = new Date();
midnight.setHours(0, 0, 0, 0);

console.log('address,who,since,until,reason');
// With `all` also those that are over by now.
const today = vallum.leases(set, { since: midnight, sort: 'since', all: true });
for await (const { kind, address, origin, stampMs, until, reason = '' } of today) {
  if (kind !== 'lease') continue;
  const end = typeof until === 'number' ? time(until * 1000) : 'never';
  console.log([address, origin, time(stampMs), end, reason].map(cell).join(','));
}
await vallum.close();

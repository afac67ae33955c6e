// Bans that were asked for today and still hold, as CSV, the youngest first, from the state folder of a vallumd
// that may be running.
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
const today = vallum.leases(set, { since: midnight, sort: 'since' });
for await (const { address, origin, stampMs, until, reason = '' } of today) {
  const end = typeof until === 'number' ? time(until * 1000) : 'never';
  console.log([address, origin, time(stampMs), end, reason].map(cell).join(','));
}
await vallum.close();

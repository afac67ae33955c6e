import { ListReader } from '@vallum/core/protocol';
import { listSpool } from './folder.js';
import { readSpooled } from './read-spooled.js';

/**
 * What an origin has asked to be banned, and no broker has been told yet.
 *
 * @param topic where bans are sent: `blacklist/add`
 * @returns addresses in canonical form
 * @throws an error of node:fs where the folder cannot be read
 */
export function bannedIn(folder: string, topic: string, origin: string): Set<string> {
  const addresses = new Set<string>();
  for (const { name } of listSpool(folder)) {
    const content = readSpooled(folder, name);
    // Whoever it is for: it may be delivered to this broker yet, see --any-broker.
    if (typeof content === 'string' || content.topic !== topic) continue;
    const reader = new ListReader({
      entry: (entry) => {
        if (entry.origin === origin) addresses.add(entry.toEntry().address.text);
      },
      rejected: () => undefined,
    });
    reader.push(content.payload);
    reader.end();
  }
  return addresses;
}

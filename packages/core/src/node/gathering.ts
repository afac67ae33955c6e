import { parseAddress } from '../address/parse.js';
import type { Binding } from '../message/topic.js';
import type { ListedLease } from '../message/reply.js';
import type { SteadyClock } from '../system/clock.js';
import type { Origin } from '../words/names.js';
import { gatherPieces, type GatherOptions } from './gather-pieces.js';
import type { Questioning } from './questioning.js';

/**
 * The addresses that an origin has banned, as nodes tell.
 *
 * @throws VallumError see `Vallum.leasesOf`
 */
export async function gatherLeases(
  questioning: Questioning,
  { topic }: Binding,
  origin: Origin,
  clock: SteadyClock,
  options: GatherOptions,
): Promise<readonly string[]> {
  const found = new Set<string>();
  await gatherPieces({
    ...{ ...options, questioning, topic, clock, origin, what: `what ${origin} has banned` },
    operation: 'ask what an origin has banned',
    take: ({ addresses }) => {
      for (const text of addresses) {
        const address = parseAddress(text);
        if (address.ok) found.add(address.value.text);
      }
      return found.size;
    },
  });
  return [...found];
}

/**
 * The leases that anybody has asked for on a topic, as nodes tell. Of one that they tell in different words
 * the youngest counts, and it is in force where it is so on all that know of it. Texts are as nodes said them,
 * and not checked; no order.
 *
 * @param options `timeoutMs`: for each question, 10,000 at most
 * @throws VallumError `BROKER_UNREACHABLE` where no node answers, or one that knew of something does not name it;
 *   see `Vallum.fleetProtection`
 */
export async function gatherListing(
  questioning: Questioning,
  { topic }: Binding,
  clock: SteadyClock,
  options: GatherOptions,
): Promise<readonly ListedLease[]> {
  const found = new Map<string, ListedLease>();
  await gatherPieces({
    ...{ ...options, questioning, topic, clock, what: 'what is protected' },
    operation: 'ask what is protected',
    take: ({ leases = [] }) => {
      for (const lease of leases) {
        const key = `${lease.address} ${lease.origin}`;
        const known = found.get(key) ?? lease;
        const youngest = lease.stampMs > known.stampMs ? lease : known;
        const isInForce = lease.inForce !== false && known.inForce !== false;
        found.set(key, isInForce ? youngest : { ...youngest, inForce: false });
      }
      return found.size;
    },
  });
  return [...found.values()];
}

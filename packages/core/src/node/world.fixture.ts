import { createFakeClock, type FakeClock } from '../testing/fake-clock.js';
import { createMemoryBroker, type MemoryBroker } from '../testing/memory-broker.js';
import type { SetName } from '../words/names.js';

/** The set that nodes of tests keep, and how it is made. */
export const S = 'blacklist' as SetName;
export const sets = [
  { set: S, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 },
] as const;

/** What nodes of a test share: a clock and a broker that stand in memory. */
export interface World {
  readonly clock: FakeClock;
  readonly broker: MemoryBroker;
}

export function world(options: Parameters<typeof createMemoryBroker>[0] = {}): World {
  const clock = createFakeClock();
  return { clock, broker: createMemoryBroker({ clock, ...options }) };
}

/** Lets virtual time pass, and everything that happens by it. */
export async function pass({ clock }: World, seconds: number): Promise<void> {
  for (let step = 0; step < 10 * seconds; step += 1) {
    clock.advance(100);
    for (let turn = 0; turn < 3; turn += 1) await new Promise((done) => setImmediate(done));
  }
}

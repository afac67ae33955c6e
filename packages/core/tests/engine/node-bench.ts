import type { Backend } from '../../src/backend/backend.js';
import { listMembers } from '../../src/backend/list-members.js';
import {
  createMemoryBackend,
  type MemoryBackend,
  type MemorySetSpec,
} from '../../src/backend/memory/memory-backend.js';
import { createVallum } from '../../src/node/vallum.js';
import type { Vallum, VallumOptions } from '../../src/node/vallum-types.js';
import { createFakeClock, type FakeClock } from '../../src/testing/fake-clock.js';
import { createMemoryBroker, type MemoryBroker } from '../../src/testing/memory-broker.js';
import type { Transport } from '../../src/transport/transport.js';
import type { SetName } from '../../src/words/names.js';
import type { Report } from '../../src/enforce/report.js';

export const BLACKLIST = 'blacklist' as SetName;
export const timedSet: MemorySetSpec = {
  set: BLACKLIST,
  type: 'hash:net',
  family: 'ipv4',
  defaultTimeoutSeconds: 0,
};
export const untimedSet: MemorySetSpec = { set: BLACKLIST, type: 'hash:net', family: 'ipv4' };

/** What outlives a node: its clock, its kernel and its broker. */
export interface World {
  readonly clock: FakeClock;
  readonly kernel: MemoryBackend;
  readonly broker: MemoryBroker;
  readonly publisher: Transport;
}

export interface Bench extends World {
  readonly node: Vallum;
  readonly reports: Report[];
  readonly warnings: string[];
  /** Sends a message to this node, and lets it do what it does at once. */
  send(topic: string, payload: string): Promise<void>;
  /** Messages of this node that the broker keeps: not acknowledged. */
  unacknowledged(): number;
  /** `192.0.2.7` or `192.0.2.7 600`, where it has a timeout. */
  held(set?: SetName): Promise<string[]>;
  pass(milliseconds: number): Promise<void>;
}

export function createWorld(sets: readonly MemorySetSpec[]): World {
  const clock = createFakeClock();
  const broker = createMemoryBroker({ clock });
  const publisher = broker.transport('publisher');
  publisher.open({ message: () => Promise.resolve(), connection: () => undefined });
  return { clock, broker, publisher, kernel: createMemoryBackend({ sets, clock }) };
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Starts a node that listens to the broker. */
export async function startBench(
  world: World,
  options: Partial<VallumOptions> & { readonly backend?: Backend } = {},
): Promise<Bench> {
  const { clock, kernel, broker, publisher } = world;
  const reports: Report[] = [];
  const warnings: string[] = [];
  const node = await createVallum({
    topics: ['blacklist'],
    backend: keptOpen(kernel),
    transport: broker.transport('fw1'),
    deps: { clock },
    listeners: {
      report: (report) => reports.push(report),
      warning: (sentence) => warnings.push(sentence),
    },
    ...options,
    policy: { protectHost: false, ...options.policy },
  });
  await broker.settled();
  await settle();
  return {
    ...world,
    node,
    reports,
    warnings,
    async send(topic, payload) {
      await publisher.publish({ topic, payload });
      await broker.settled();
      await settle();
    },
    unacknowledged: () => broker.queued('fw1'),
    held: async (set = BLACKLIST) =>
      (await listMembers(kernel, set))
        .map(({ address, timeoutSeconds = 0 }) =>
          timeoutSeconds === 0 ? address.text : `${address.text} ${String(timeoutSeconds)}`,
        )
        .sort(),
    pass: async (milliseconds) => {
      for (let left = milliseconds; left > 0; left -= 1000) {
        clock.advance(Math.min(1000, left));
        await settle();
      }
    },
  };
}

/** The kernel goes on when a node is closed. */
export function keptOpen(kernel: MemoryBackend): Backend {
  return { ...kernel, close: () => Promise.resolve() };
}

import { createVallum, type BanOptions, type Vallum, type VallumOptions } from '@vallum/core';
import { createMemoryBackend, createMemoryBroker, type MemoryBackend } from '@vallum/core/testing';
import type { Finding } from '@vallum/doctor';
import { comparedSets } from '../reconcile/compared-set.js';
import { EventFeed } from './event-feed.js';
import { ViewedNode } from './view-node.js';

export interface ServedNode {
  readonly backend: MemoryBackend;
  readonly view: ViewedNode;
  readonly vallum: Vallum;
  readonly feed: EventFeed;
  readonly findings: Finding[];
  /** How often it has read what the broker keeps of every node. */
  statusesRead(): number;
  /** As web1.sshd asks for it, on another machine. */
  ban(address: string | readonly string[], options?: BanOptions): Promise<void>;
  /** Tears its connection, and keeps it away. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** A node with two sets in memory, one for four entries only, and a broker in memory. */
export async function serveNode(more: Partial<VallumOptions> = {}): Promise<ServedNode> {
  const broker = createMemoryBroker();
  const backend = createMemoryBackend();
  for (const [set, maxEntries] of [
    ['blacklist', 100_000],
    ['small', 4],
  ] as const) {
    await backend.create({
      ...{ set: set as never, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 },
      maxEntries,
    });
  }
  const later: { view?: ViewedNode } = {};
  let statusesRead = 0;
  const findings: Finding[] = [];
  const feed = new EventFeed();
  const vallum = await createVallum({
    ...{ topics: ['blacklist', 'small'], backend, transport: broker.transport('fw1') },
    policy: { protectHost: false, protect: ['198.51.100.1'] },
    ...{ repair: { node: 'fw1' } },
    answers: { node: 'fw1', describe: () => later.view?.describe() ?? {} },
    ...more,
  });
  const view = new ViewedNode({
    ...{ node: 'fw1', version: '0.0.0', backend: 'memory', keeper: false },
    ...{ brokerAddress: 'broker.example', vallum, feed },
    sets: () => ['blacklist', 'small'],
    contact: () => ({ received: {} }),
    findings: () => findings,
    statuses: () => {
      statusesRead += 1;
      return Promise.resolve(new Map());
    },
    reconcile: async () => comparedSets(await vallum.reconcile(), vallum.status().sets),
  });
  later.view = view;
  vallum.on('report', (report) => {
    if (report.outcome !== 'banned') return;
    const { address } = report;
    feed.add({ level: 'info', event: 'banned', message: `banned ${address}`, fields: { address } });
  });
  const transport = broker.transport('web1');
  const other = await createVallum({ topics: ['blacklist', 'small'], transport });
  await broker.settled();
  return {
    ...{ backend, view, vallum, feed, findings },
    statusesRead: () => statusesRead,
    async ban(address, options) {
      await other.ban(address, { origin: 'web1.sshd', ...options });
      await broker.settled();
    },
    async cut() {
      broker.cut('fw1');
      await broker.settled();
    },
    async mend() {
      broker.mend('fw1');
      await broker.settled();
    },
    async close() {
      await other.close();
      await vallum.close();
    },
  };
}

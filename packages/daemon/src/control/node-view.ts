import type { Vallum } from '@vallum/core';
import type { EventFeed } from './event-feed.js';
import type { KeptStatus } from './gather-statuses.js';
import type { HeardNodes } from './heard-nodes.js';
import type { History } from './history.js';
import type { NodeReport } from './node-report.js';

/** What the control socket and the port show of a running node. */
export interface NodeView {
  report(): NodeReport;
  /** The same, with what rules have dropped until now, where that can be read in passing. */
  freshReport(): Promise<NodeReport>;
  /** The sets that topics are bound to. */
  sets(): readonly string[];
  readonly feed: EventFeed;
  readonly history: Pick<History, 'read'>;
  readonly vallum: Pick<Vallum, 'leases' | 'explain' | 'digest' | 'count' | 'fleet' | 'on'>;
  /** What it says of itself where it is asked over the broker. */
  describe(): Readonly<Record<string, unknown>>;
  /** What it remembers of other nodes. */
  readonly heard: HeardNodes;
  /** What the broker keeps of every node, as far as it lets this one read it. */
  statuses(): Promise<ReadonlyMap<string, KeptStatus>>;
  /** Compares and mends: for those who may do more than look. */
  reconcile(): Promise<void>;
}

import type { Vallum } from '@vallum/core';
import type { ComparedSet } from '../reconcile/compared-set.js';
import type { EventFeed } from './event-feed.js';
import type { FleetReport } from './gather-fleet.js';
import type { History } from './history.js';
import type { NodeReport } from './node-report.js';

/** What comparing came to, as `POST /api/reconcile` tells it. */
export interface ReconcileReport {
  readonly node: string;
  readonly sets: readonly ComparedSet[];
}

/** What the control socket and the port show of a running node. */
export interface NodeView {
  report(): NodeReport;
  /** The same, with what rules have dropped until now, where that can be read in passing. */
  freshReport(): Promise<NodeReport>;
  /** The sets that topics are bound to. */
  sets(): readonly string[];
  readonly feed: EventFeed;
  readonly history: Pick<History, 'read'>;
  readonly vallum: Pick<Vallum, 'leases' | 'explain' | 'digest' | 'on'>;
  /** Asks all nodes; whoever asks at the same time, over the socket or the port, shares the answer. */
  fleet(): Promise<FleetReport>;
  /** Compares and mends: for those who may do more than look. */
  reconcile(): Promise<ReconcileReport>;
}

import {
  VallumError,
  type ConnectionState,
  type DropCount,
  type Vallum,
  type VallumStatus,
} from '@vallum/core';
import type { Backend } from '@vallum/core/backend';
import type { Finding } from '@vallum/doctor';
import type { ContactRecord } from '../contact/contact-record.js';
import type { LogEntry } from '../log.js';
import type { ComparedSet } from '../reconcile/compared-set.js';
import type { StatusFacts } from '../status/node-status.js';
import { toTenths } from '../to-tenths.js';
import type { EventFeed } from './event-feed.js';
import { gatherFleet, type FleetReport } from './gather-fleet.js';
import type { KeptStatus } from './gather-statuses.js';
import { HeardNodes } from './heard-nodes.js';
import { History } from './history.js';
import { attentionOf, countNeeds, setReports, type NodeReport } from './node-report.js';
import type { NodeView, ReconcileReport } from './node-view.js';
import { shareAnswer } from './share-answer.js';

const LATEST = 5;
const FLEET_FOR_MS = 2_000;

export interface ViewOptions {
  readonly node: string;
  readonly version: string;
  readonly backend: string;
  readonly keeper: boolean;
  /** Where the broker is, without credentials. */
  readonly brokerAddress: string | undefined;
  readonly vallum: Vallum;
  readonly feed: EventFeed;
  readonly sets: () => readonly string[];
  readonly contact: () => Pick<ContactRecord, 'received'>;
  /** What the node found when it last checked itself. */
  readonly findings: () => readonly Finding[];
  readonly reconcile: () => Promise<readonly ComparedSet[]>;
  /** Reads what rules have dropped by now. Default: it is told as the sets' last check has found it. */
  readonly drops?: Backend['drops'];
  /** Default: nothing is known of others. */
  readonly statuses?: () => Promise<ReadonlyMap<string, KeptStatus>>;
  readonly nowMs?: () => number;
}

/** Puts together what a running node shows of itself. */
export class ViewedNode implements NodeView {
  readonly feed: EventFeed;
  readonly history: History;
  readonly vallum: Vallum;
  /** The connection for it has a client id of its own, which two at a time would take from each other. */
  readonly fleet = shareAnswer(() => this.#askFleet(), FLEET_FOR_MS);
  readonly #options: ViewOptions;
  readonly #nowMs: () => number;
  readonly #startedAt: number;
  /** What it remembers of other nodes. */
  readonly #heard: HeardNodes;
  #link: { state: ConnectionState; since: number } | undefined;
  #repairedAt: number | undefined;
  #messageAt: number | undefined;
  #connections = 0;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#startedAt = this.#now;
    this.feed = options.feed;
    this.history = new History(this.#nowMs);
    this.#heard = new HeardNodes(this.#nowMs);
    this.vallum = options.vallum;
    options.vallum.on('report', (report) => {
      this.#came(report.via);
      this.history.report(report);
    });
    options.vallum.on('summary', (summary) => {
      this.#came(summary.via);
      this.history.summary(summary);
    });
    options.vallum.on('checked', () => {
      for (const { set, dropped } of setReports(this.vallum.status())) {
        if (dropped !== undefined) this.history.dropped(set, dropped.packets);
      }
    });
    options.vallum.on('heard', (name) => {
      this.#heard.heard(name);
    });
    options.vallum.on('connection', (state) => {
      if (state.state === 'connected') this.#connections += 1;
      const isSame = this.#link?.state.state === state.state;
      this.#link = { state, since: isSame ? (this.#link?.since ?? this.#now) : this.#now };
    });
  }

  #came(via: string): void {
    if (via === 'repair') this.#repairedAt = this.#now;
    else if (via !== 'local' && via !== 'policy' && via !== 'ledger') this.#messageAt = this.#now;
  }

  sets(): readonly string[] {
    return this.#options.sets();
  }

  async reconcile(): Promise<ReconcileReport> {
    const { node, reconcile } = this.#options;
    return { node, sets: await reconcile() };
  }

  report(): NodeReport {
    const { node, version, backend, keeper, contact, findings } = this.#options;
    const status = this.vallum.status();
    // The record knows of the time before the start, to the minute.
    const received = Math.max(this.#messageAt ?? 0, ...Object.values(contact().received));
    return {
      ...{ node, version, backend, keeper, startedAt: this.#startedAt, now: this.#now },
      broker: this.#broker(status),
      sets: setReports(status),
      ledgers: status.ledgers,
      ...(status.protection === undefined ? {} : { protection: status.protection }),
      ...(received === 0 ? {} : { lastMessageAt: received }),
      ...(this.#repairedAt === undefined ? {} : { lastRepairAt: this.#repairedAt }),
      latest: this.feed.recent(LATEST, isBan),
      attention: attentionOf(status, this.#detail, findings()),
    };
  }

  async freshReport(): Promise<NodeReport> {
    const drops = await this.#drops();
    const report = this.report();
    const sets = report.sets.map((set) => {
      const dropped = drops.get(set.set);
      return dropped === undefined ? set : { ...set, dropped };
    });
    return { ...report, sets };
  }

  async #drops(): Promise<ReadonlyMap<string, DropCount>> {
    try {
      const sets = this.vallum.status().sets.map(({ set }) => set);
      return (await this.#options.drops?.(sets)) ?? new Map<string, DropCount>();
    } catch (error) {
      if (!(error instanceof VallumError)) throw error;
      // The check of the sets says so, too: what it has found before stays.
      return new Map<string, DropCount>();
    }
  }

  /** What other nodes are told that ask, by `T/ask`. */
  describe(): Readonly<Record<string, unknown>> {
    const { version } = this.#options;
    const { status, backend, attention, digests } = this.statusFacts();
    const agreed = new Map(status.ledgers.map(({ set, agreedAtUnix }) => [set, agreedAtUnix]));
    const sets = status.sets.map(({ set, state, bans, pending, refused }) => {
      const agreedAt = agreed.get(set);
      return {
        ...{ set, state, bans, pending, refused, digest: digests.get(set) },
        ...(digests.has(set) ? { addresses: this.vallum.count(set) } : {}),
        ...(agreedAt === undefined ? {} : { agreedAt: Math.floor(agreedAt) }),
      };
    });
    return {
      ...{ version, backend, startedAt: this.#startedAt },
      ...(status.lagMs === undefined ? {} : { lag: toTenths(status.lagMs) }),
      needs: countNeeds(attention),
      sets,
    };
  }

  /** What the status at the broker tells of it. */
  statusFacts(): Pick<StatusFacts, 'status' | 'backend' | 'attention' | 'digests'> {
    const { backend, findings } = this.#options;
    const status = this.vallum.status();
    const attention = attentionOf(status, this.#detail, findings());
    return { status, backend, attention, digests: digestsOf(this) };
  }

  #askFleet(): Promise<FleetReport> {
    const { node, statuses } = this.#options;
    return gatherFleet({
      ...{ node, vallum: this.vallum, heard: this.#heard, sets: this.sets(), nowMs: this.#nowMs },
      own: () => this.describe(),
      statuses: () => statuses?.() ?? Promise.resolve(new Map()),
    });
  }

  #broker({ connection, lagMs, queues }: VallumStatus): NodeReport['broker'] {
    const { brokerAddress } = this.#options;
    const detail = this.#detail;
    return {
      state: connection,
      ...(brokerAddress === undefined ? {} : { address: brokerAddress }),
      ...(this.#link === undefined ? {} : { since: this.#link.since }),
      ...(detail === undefined ? {} : { detail }),
      connections: this.#connections,
      ...(lagMs === undefined ? {} : { lagMs: toTenths(lagMs) }),
      ...(queues === undefined ? {} : { queues }),
    };
  }

  get #detail(): string | undefined {
    const state = this.#link?.state;
    return state === undefined || state.state === 'connected' ? undefined : state.detail;
  }

  get #now(): number {
    return Math.floor(this.#nowMs() / 1000);
  }
}

/** Of the ledger behind each set, whether it is compared with those of others or not. */
export function digestsOf(view: Pick<NodeView, 'sets' | 'vallum'>): ReadonlyMap<string, string> {
  return new Map(view.sets().map((set) => [set, view.vallum.digest(set)]));
}

function isBan({ event }: LogEntry): boolean {
  return event === 'banned' || event === 'would-ban';
}

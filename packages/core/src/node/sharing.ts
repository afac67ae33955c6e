import type { Enforcer } from '../enforce/enforcer.js';
import type { Audience } from '../enforce/telling.js';
import type { LedgerStore } from '../journal/store.js';
import type { Binding } from '../message/topic.js';
import { createShare } from '../share/share.js';
import type { Share, ShareStatus } from '../share/share-types.js';
import type { SteadyClock } from '../system/clock.js';
import type { Subscription, Transport, TransportMessage } from '../transport/transport.js';
import type { SetName } from '../words/names.js';
import { OneATurn } from './one-a-turn.js';
import { SharePermission } from './share-permission.js';
import { takeRegisters } from './take-registers.js';

/** Beacons, and what pulls consist of but for leases. */
const MOST_SMALL_BYTES = 4_096;

export interface SharingOptions {
  /** This node's name. */
  readonly node: string;
  readonly topics: readonly Binding[];
  readonly enforcer: Enforcer;
  readonly transport: Transport;
  readonly store: LedgerStore;
  readonly clock: SteadyClock;
  readonly rememberSeconds: number | undefined;
  readonly audience: (set: SetName) => Audience;
  readonly warn: (sentence: string) => void;
  readonly inform: (sentence: string) => void;
  /** Another node has said something. */
  readonly heard: (node: string) => void;
  /** Another node has this one's name. */
  readonly twin: () => void;
  readonly echo: (topic: string, isHeard: boolean) => void;
  /** The broker ends the connection where this node says something to others, or may do so again. */
  readonly permitted: (isPermitted: boolean) => void;
  /** What to subscribe to has changed. */
  readonly resubscribe: () => void;
  /** A prefix on which somebody else sees to it whether the broker lets this node speak; hears that it does. */
  readonly apart?: { readonly topic: string; readonly sent: () => void };
}

/** Puts `share/` between the transport and the engine: the part of a node that repairs. */
export class Sharing {
  readonly #options: SharingOptions;
  readonly #permission: SharePermission;
  /** What is older than the start, and than the last time among others, others may have changed since. */
  readonly #purgesSinceMs: number;
  readonly #inOrder = new OneATurn();
  #share: Share;
  /** Filters that this connection has not been answered. */
  #unanswered = new Set<string>();
  #isConnected = false;
  #isRefused = false;
  #touchedUnix: number | undefined;
  #saidUntouched = false;

  constructor(options: SharingOptions) {
    this.#options = options;
    const { clock, store, permitted, resubscribe } = options;
    this.#touchedUnix = store.touchedUnix;
    this.#purgesSinceMs =
      this.#touchedUnix === undefined ? clock.nowMs() : 1000 * this.#touchedUnix;
    this.#permission = new SharePermission(clock, (isPermitted) => {
      permitted(isPermitted);
      resubscribe();
    });
    this.#share = this.#makeShare(options.topics);
  }

  /** What to subscribe to beside the topics themselves. */
  get subscriptions(): readonly Subscription[] {
    return this.#permission.isGiven ? this.#share.subscriptions : [];
  }

  get lagMs(): number | undefined {
    return this.#share.lagMs;
  }

  status(): ShareStatus[] {
    return this.#share.status();
  }

  /** See `Share.isHeard`. */
  isHeard(topic: string): boolean | undefined {
    return this.#share.isHeard(topic);
  }

  /** @returns true where the message was one between nodes, which nobody else is to read */
  receive({ topic, payload, retained }: TransportMessage): boolean {
    // A broker that keeps one has been told to by somebody who is no node.
    if (!this.#share.concerns(topic)) return false;
    if (retained) return true;
    // In order: what ends a list of pieces is small.
    if (payload.length <= MOST_SMALL_BYTES && this.#inOrder.isIdle) {
      return this.#share.receive(topic, payload);
    }
    this.#inOrder.add(() => {
      this.#share.receive(topic, payload);
    });
    return true;
  }

  changed(set: SetName): void {
    this.#share.changed(set);
  }

  /** @param filters all that is subscribed to */
  connected(filters: readonly (string | Subscription)[]): void {
    this.#isConnected = true;
    this.#isRefused = false;
    this.#unanswered = new Set(filters.map((one) => (typeof one === 'string' ? one : one.filter)));
    this.#permission.connected();
    // The subscription to the inbox is enough for some.
    this.#permission.sent();
  }

  /** Begins once every filter is answered: what a filter is to bring would be missed before. */
  subscribed(filter: string, isGranted: boolean): void {
    const isInbox = this.#share.subscriptions.some((one) => one.filter === filter);
    if (isInbox && !isGranted) this.#isRefused = true;
    this.#unanswered.delete(filter);
    if (!this.#isConnected || this.#unanswered.size > 0 || this.#isRefused) return;
    if (this.#permission.isGiven) this.#share.connected();
  }

  disconnected(): void {
    this.#isConnected = false;
    this.#inOrder.clear();
    const own = this.status().filter(({ topic }) => topic !== this.#options.apart?.topic);
    this.#permission.disconnected(own.every(({ heard }) => heard === true));
    this.#share.disconnected();
  }

  reconfigure(topics: readonly Binding[]): void {
    this.#share.close();
    this.#share = this.#makeShare(topics);
  }

  clockStepped(): void {
    this.#share.clockStepped();
  }

  /** Says again what this node holds, so that whoever holds something else compares with it. */
  announce(): void {
    this.#share.announce();
  }

  close(): void {
    this.#share.close();
    this.#permission.close();
  }

  #makeShare(topics: readonly Binding[]): Share {
    const {
      node,
      enforcer,
      transport,
      clock,
      audience,
      warn,
      inform,
      heard,
      twin,
      rememberSeconds,
    } = this.#options;
    const lastTouchUnix = this.#touchedUnix;
    const first = this.#options.apart?.topic;
    return createShare({
      ...{ node, topics, clock, warn, inform, heard, twin },
      ...(first === undefined ? {} : { first }),
      ledger: enforcer.ledger,
      random: Math.random,
      send: (topic, payload) => {
        const { apart } = this.#options;
        if (apart !== undefined && topic === `${apart.topic}/sync`) apart.sent();
        else this.#permission.sent();
        // What is lost is asked for again, and that the connection is gone is said elsewhere.
        transport.publish({ topic, payload, qos: 0 }).catch(() => undefined);
      },
      accept: (set, columns) =>
        takeRegisters(enforcer, set, columns, this.#purgesSinceMs, audience(set)),
      echo: (topic, isHeard) => {
        this.#options.echo(topic, isHeard);
      },
      touched: (nowUnix) => {
        this.#touch(nowUnix);
      },
      ...(lastTouchUnix === undefined ? {} : { lastTouchUnix }),
      ...(rememberSeconds === undefined ? {} : { rememberSeconds }),
    });
  }

  #touch(nowUnix: number): void {
    this.#touchedUnix = nowUnix;
    const failed = (error: unknown): void => {
      if (this.#saidUntouched) return;
      this.#saidUntouched = true;
      const detail = error instanceof Error ? error.message : String(error);
      this.#options.warn(`when this node was last among others cannot be kept: ${detail}`);
    };
    this.#options.store.touch?.(nowUnix).catch(failed);
  }
}

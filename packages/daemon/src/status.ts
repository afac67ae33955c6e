import {
  VallumError,
  type SteadyClock,
  type OutgoingMessage,
  type VallumStatus,
} from '@vallum/core';
import type { ContactRecord } from './contact/contact-record.js';

export interface StatusOptions {
  readonly node: string;
  readonly version: string;
  /** Sends one message; settles when the broker has confirmed it. */
  readonly publish: (message: OutgoingMessage) => Promise<void>;
  readonly read: () => VallumStatus;
  /** When messages came, and when some were missed. */
  readonly contact: () => Pick<ContactRecord, 'received' | 'missed'>;
  readonly clock: SteadyClock;
  /** Called once, where the broker does not let this client publish its status. */
  readonly forbidden: (sentence: string) => void;
}

const AT_MOST_EVERY_MS = 3_000;
const STOP_WITHIN_MS = 2_000;

export function statusTopic(node: string): string {
  return `vallumd/${node}`;
}

/** What the broker publishes when the node vanishes. */
export const OFFLINE = JSON.stringify({ state: 'offline' });

/** Keeps the retained status of this node true, without flooding the broker. */
export class StatusPublisher {
  readonly #options: StatusOptions;
  readonly #sinceUnix: number;
  #published: string | undefined;
  /** Whether this connection has carried a status, and so has been asked whether it may. */
  #asked = false;
  #publishedAtMs = -Infinity;
  #cancelTimer: (() => void) | undefined;
  #warned = false;
  #stopped = false;

  constructor(options: StatusOptions) {
    this.#options = options;
    this.#sinceUnix = Math.floor(options.clock.nowMs() / 1000);
  }

  /** The broker may have published the last will meanwhile: what it holds has to be said again. */
  connected(): void {
    this.#published = undefined;
    this.#asked = false;
    this.#publishedAtMs = -Infinity;
    // What waited for its turn is said now.
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.changed();
  }

  /** Something that the status tells may have changed. */
  changed(): void {
    if (this.#stopped || this.#cancelTimer) return;
    const { clock, read } = this.#options;
    if (read().connection !== 'connected') return;
    const waitMs = this.#publishedAtMs + AT_MOST_EVERY_MS - clock.monotonicMs();
    if (waitMs <= 0) {
      void this.#publish();
      return;
    }
    this.#cancelTimer = clock.after(waitMs, () => {
      this.#cancelTimer = undefined;
      this.changed();
    });
  }

  /** Says that the node ends on purpose; gives up after two seconds. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    const { read, clock } = this.#options;
    if (read().connection !== 'connected') return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(STOP_WITHIN_MS, resolve);
      void this.#send(JSON.stringify({ ...this.#base(), state: 'stopped' }), 1).then(() => {
        cancel();
        resolve();
      });
    });
  }

  async #publish(): Promise<void> {
    const status = this.#options.read();
    const { received, missed } = this.#options.contact();
    const payload = JSON.stringify({
      ...this.#base(),
      sets: describeSets(status),
      ...(status.ledgers.length === 0 ? {} : { ledgers: describeLedgers(status) }),
      ...(status.protection === undefined ? {} : { protection: describeProtection(status) }),
      ...(Object.keys(received).length === 0 ? {} : { received }),
      ...(missed.length === 0 ? {} : { missed }),
    });
    if (payload === this.#published) return;
    this.#published = payload;
    this.#publishedAtMs = this.#options.clock.monotonicMs();
    const qos = this.#asked ? 0 : 1;
    this.#asked = true;
    await this.#send(payload, qos);
  }

  #base() {
    const { node, version } = this.#options;
    return { state: 'online', node, version, since: this.#sinceUnix };
  }

  /**
   * Confirmed where that tells something: whether it is allowed, and before the end. Otherwise the
   * confirmation would hold back the ban behind it for 40 ms: nobody answers a PUBACK, so the
   * kernel takes its time to acknowledge its bytes, and until then a broker without TCP_NODELAY
   * (Mosquitto, by default) sends nothing more. What is lost with the connection is said again on
   * the next one.
   */
  async #send(payload: string, qos: 0 | 1): Promise<void> {
    const { node, publish, forbidden } = this.#options;
    const topic = statusTopic(node);
    try {
      await publish({ topic, payload, qos, retain: true });
    } catch (error) {
      const refused = error instanceof VallumError && error.code === 'BROKER_REFUSED';
      // Otherwise the connection was lost, which is said elsewhere, and the next one says it anew.
      if (!refused || this.#warned) return;
      this.#warned = true;
      forbidden(
        `the broker does not let this node publish its status on ${topic}; ` +
          'allow it there (mosquitto: topic write ' +
          `${topic}), or give --no-status. Bans work all the same: ${error.message}`,
      );
    }
  }
}

function describeSets(status: VallumStatus) {
  return status.sets.map((set) => ({
    set: set.set,
    state: set.state,
    bans: set.bans,
    pending: set.pending,
    ...(set.waiting > 0 ? { waiting: set.waiting } : {}),
    refused: set.refused,
    ...(set.observed === undefined ? {} : { observed: set.observed }),
    ...(set.refusals.length > 0 ? { refusals: set.refusals } : {}),
    drift: set.drift,
    ...(set.state === 'ready' ? { type: set.info.type, references: set.info.references } : {}),
  }));
}

function describeLedgers({ ledgers }: VallumStatus) {
  return ledgers.map(({ topic, set, digest, heard, differing, taken, given, agreedAtUnix }) => ({
    // Not `pulling`: it is over by the time that anybody reads it.
    ...{ topic, set, digest, heard, differing, taken, given },
    ...(agreedAtUnix === undefined ? {} : { agreed: Math.floor(agreedAtUnix) }),
  }));
}

function describeProtection({ protection }: VallumStatus) {
  if (protection === undefined) return undefined;
  const { entries, refused } = protection;
  return { entries, ...(refused > 0 ? { refused } : {}) };
}

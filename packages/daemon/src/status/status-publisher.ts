import { VallumError, type OutgoingMessage, type SteadyClock } from '@vallum/core';
import { countsOf, describeNode, kindOf, type StatusFacts } from './node-status.js';
import { statusMessage, statusTopic } from './status-messages.js';

export interface StatusOptions {
  readonly node: string;
  readonly version: string;
  /** When the process was started, Unix seconds. */
  readonly since: number;
  /** Sends one message; settles when the broker has confirmed it. */
  readonly publish: (message: OutgoingMessage) => Promise<void>;
  /** What is so now; undefined before the node has started. */
  readonly read: () => StatusFacts | undefined;
  readonly clock: SteadyClock;
  /** 0 to 1, exclusive: nodes that all got one ban do not all tell of it together. */
  readonly random: () => number;
  /** Called once, where the broker does not let this client publish its status. */
  readonly forbidden: (sentence: string) => void;
}

/** A change in kind is told so soon: what changes with it is told with it. */
const KIND_AFTER_MS = 200;
/** The next one not sooner than this, whatever comes and goes. */
const KIND_EVERY_MS = 1_000;
/** Numbers are told so often at most, */
const COUNTS_EVERY_MS = 30_000;
/** and the first after a rest between these, so that what is being done is done by then. */
const COUNTS_AFTER_MS = [1_000, 5_000] as const;
/** Said again where nothing changes, long before the broker forgets it. */
const RENEWED_EVERY_MS = 86_400_000;
const STOP_WITHIN_MS = 2_000;

/**
 * Keeps the retained status of this node true, without flooding the broker: what changes in kind (see
 * `kindOf`) is told at once, and numbers every 30 seconds at most. The last change always gets there.
 */
export class StatusPublisher {
  readonly #options: StatusOptions;
  #publishedKind: string | undefined;
  #publishedCounts: string | undefined;
  /** Whether this connection has carried a status, and so has been asked whether it may. */
  #asked = false;
  #publishedAtMs = -Infinity;
  #connectedUnix: number | undefined;
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined;
  #cancelRenewal: (() => void) | undefined;
  #warned = false;
  #stopped = false;

  constructor(options: StatusOptions) {
    this.#options = options;
  }

  /** The broker may have published the last will meanwhile: what it holds has to be said again. */
  connected(): void {
    if (this.#stopped) return;
    this.#publishedKind = this.#publishedCounts = undefined;
    this.#asked = false;
    this.#connectedUnix = this.#nowUnix;
    // What waited for its turn is said now.
    this.#cancelTimer();
    this.#publish();
  }

  /** Something may have changed in kind: it is looked at, so not for each ban. */
  changed(): void {
    const facts = this.#facts();
    if (facts === undefined) return;
    const described = describeNode(facts);
    if (kindOf(described) !== this.#publishedKind) {
      this.#plan(Math.max(KIND_AFTER_MS, this.#leftOf(KIND_EVERY_MS)));
    } else if (countsOf(described) !== this.#publishedCounts) this.counted();
  }

  /** Numbers may have changed. Costs nothing. */
  counted(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    const [least, most] = COUNTS_AFTER_MS;
    const soonMs = least + (most - least) * this.#options.random();
    this.#plan(Math.max(soonMs, this.#leftOf(COUNTS_EVERY_MS)));
  }

  /** Says that the node ends on purpose; gives up after two seconds. */
  async stop(): Promise<void> {
    const isConnected = this.#facts() !== undefined;
    this.#stopped = true;
    this.#cancelTimer();
    this.#cancelRenewal?.();
    if (!isConnected) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(STOP_WITHIN_MS, resolve);
      void this.#send(JSON.stringify(this.#head('stopped')), 1).then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** undefined: nothing can be told. */
  #facts(): StatusFacts | undefined {
    if (this.#stopped) return undefined;
    const facts = this.#options.read();
    return facts?.status.connection === 'connected' ? facts : undefined;
  }

  #leftOf(everyMs: number): number {
    return this.#publishedAtMs + everyMs - this.#options.clock.monotonicMs();
  }

  #plan(waitMs: number): void {
    const { clock } = this.#options;
    const dueMs = clock.monotonicMs() + waitMs;
    if (this.#timer !== undefined && this.#timer.dueMs <= dueMs) return;
    this.#cancelTimer();
    const cancel = clock.after(waitMs, () => {
      this.#timer = undefined;
      this.#publish();
    });
    this.#timer = { dueMs, cancel };
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #publish(isRenewal = false): void {
    const facts = this.#facts();
    if (facts === undefined) return;
    const described = describeNode(facts);
    const counts = countsOf(described);
    if (counts === this.#publishedCounts && !isRenewal) return;
    this.#publishedCounts = counts;
    this.#publishedKind = kindOf(described);
    this.#publishedAtMs = this.#options.clock.monotonicMs();
    this.#cancelRenewal?.();
    this.#cancelRenewal = this.#options.clock.after(RENEWED_EVERY_MS, () => {
      this.#publish(true);
    });
    const qos = this.#asked ? 0 : 1;
    this.#asked = true;
    void this.#send(JSON.stringify({ ...this.#head('online'), ...described }), qos);
  }

  #head(state: 'online' | 'stopped') {
    const { node, version, since } = this.#options;
    const connected = this.#connectedUnix;
    return {
      ...{ state, node, version, since },
      ...(connected === undefined ? {} : { connected }),
      at: this.#nowUnix,
    };
  }

  get #nowUnix(): number {
    return Math.floor(this.#options.clock.nowMs() / 1000);
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
    try {
      await publish(statusMessage(node, payload, qos));
    } catch (error) {
      const refused = error instanceof VallumError && error.code === 'BROKER_REFUSED';
      // Otherwise the connection was lost, which is said elsewhere, and the next one says it anew.
      if (!refused || this.#warned) return;
      this.#warned = true;
      const topic = statusTopic(node);
      forbidden(
        `the broker does not let this node publish its status on ${topic}; ` +
          'allow it there (mosquitto: topic write ' +
          `${topic}), or give --no-status. Bans work all the same: ${error.message}`,
      );
    }
  }
}

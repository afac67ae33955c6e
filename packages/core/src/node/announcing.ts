import type { Address } from '../address/address.js';
import type { LeaseRecord } from '../enforce/lease-record.js';
import { isGlobal } from '../policy/is-global.js';
import type { SteadyClock } from '../system/clock.js';
import { VallumError, type VallumErrorCode } from '../words/errors.js';
import { messageOf } from '../words/message-of.js';

const DAY_SECONDS = 86_400;
/** A node that is gone fades out of the list within so many days. */
const DAYS = 3;
/** All nodes renew in the same minutes of the day: for the rest of it nothing changes, and repair rests. */
const LOOK_EVERY_MS = 600_000;
/** An interface that is configured anew is without its address for some seconds. */
const GONE_AFTER_MS = 600_000;
/** More than that are for an administrator to protect, as the prefixes that they lie in. */
const MOST_ANNOUNCED = 64;
/** What was given up, and what the end of the connection has cut off, is no fault. */
const INTERRUPTED: ReadonlySet<VallumErrorCode> = new Set([
  ...(['ABORTED', 'BROKER_UNREACHABLE', 'CLOSED'] as const),
]);
const REASON = 'its own address';

/** The host as it is asked; a test has one of its own. */
export interface AnnouncedHost {
  readonly find: () => Promise<readonly Address[]>;
  /** Calls back when it may have other addresses now; resolves with what stops it. */
  readonly watch: (changed: () => void) => Promise<() => void>;
}

export interface AnnouncingOptions {
  readonly clock: SteadyClock;
  /** 0 to 1, exclusive. */
  readonly random: () => number;
  readonly host: AnnouncedHost;
  /** What lives of what this node has announced. */
  readonly leases: () => AsyncIterable<Pick<LeaseRecord, 'address' | 'until'>>;
  /**
   * @param untilUnix the end of the leases, Unix seconds
   * @returns undefined where it may not be said now, and nothing was done
   */
  readonly protect: (
    addresses: readonly string[],
    terms: { untilUnix: number; reason: string },
    signal: AbortSignal,
  ) => Promise<unknown> | undefined;
  /** @returns as `protect` */
  readonly unprotect: (
    addresses: readonly string[],
    signal: AbortSignal,
  ) => Promise<unknown> | undefined;
  readonly warn: (sentence: string) => void;
}

/** Tells the fleet which addresses are this host's own, so that no other node bans them. */
export class Announcing {
  readonly #options: AnnouncingOptions;
  /** Until when each was announced last: who has lifted it meanwhile is not contradicted that day. */
  readonly #announced = new Map<string, number>();
  /** In the ledger here, but the broker did not get it: said again, since not all nodes repair. */
  readonly #unsent = new Set<string>();
  /** Announced by this run or by those before it. What else bears this node's name is a twin's. */
  readonly #ours = new Set<string>();
  /** Since when this host has been without an address that is announced; the clock that nobody sets. */
  readonly #goneSinceMs = new Map<string, number>();
  readonly #said = new Set<string>();
  #sending = new AbortController();
  #stopWatching: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  #hasTwin = false;
  #looking = false;
  #lookAgain = false;
  #closed = false;

  constructor(options: AnnouncingOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { host, random } = this.#options;
    await this.#recall();
    // Where it cannot be watched, it is looked at now and then.
    const stop = await host
      .watch(() => {
        void this.look();
      })
      .catch(() => undefined);
    if (this.#closed) stop?.();
    else this.#stopWatching = stop;
    await this.look();
    this.#lookLater(LOOK_EVERY_MS * random());
  }

  /** Announces what is new or due, and withdraws what this host has no more. */
  async look(): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    this.#lookAgain = false;
    try {
      await this.#look();
    } catch (error) {
      this.#say(`cannot look for this host's own addresses to announce: ${messageOf(error)}`);
    }
    this.#looking = false;
    if (this.#hasToLookAgain) await this.look();
  }

  /** The broker does not let it: what has not been sent is not sent. */
  giveUp(): void {
    this.#sending.abort();
    this.#sending = new AbortController();
  }

  /**
   * Another node has this one's name: neither knows which of the journal's announcements are its own, and
   * those that are nobody's any more end by themselves.
   */
  twin(): void {
    this.#hasTwin = true;
  }

  close(): void {
    this.#closed = true;
    this.#cancelLook?.();
    this.#stopWatching?.();
    this.#sending.abort();
  }

  /** What was announced before, while nobody can have told yet what else bears this node's name. */
  async #recall(): Promise<void> {
    try {
      for await (const { address } of this.#options.leases()) this.#ours.add(address);
    } catch (error) {
      this.#say(
        `cannot read which of its own addresses this node has announced: ${messageOf(error)}`,
      );
    }
  }

  get #hasToLookAgain(): boolean {
    return this.#lookAgain && !this.#closed;
  }

  #lookLater(delayMs: number): void {
    if (this.#closed) return;
    this.#cancelLook = this.#options.clock.after(delayMs, () => {
      void this.look().then(() => {
        this.#lookLater(LOOK_EVERY_MS);
      });
    });
  }

  async #look(): Promise<void> {
    const { clock, host, leases } = this.#options;
    const own = this.#choose(await host.find());
    const held = new Map<string, LeaseRecord['until']>();
    for await (const { address, until } of leases()) held.set(address, until);
    if (this.#closed) return;
    const untilUnix = DAY_SECONDS * (Math.floor(clock.nowMs() / 1000 / DAY_SECONDS) + DAYS);
    // One that lasts longer is from a time when the clock was ahead.
    const due = [...own].filter(
      (address) =>
        this.#unsent.has(address) ||
        (held.get(address) !== untilUnix && this.#announced.get(address) !== untilUnix),
    );
    for (const address of own) {
      this.#ours.add(address);
      this.#goneSinceMs.delete(address);
    }
    for (const address of this.#ours) {
      if (!own.has(address) && !held.has(address)) this.#forget(address);
    }
    const gone = [...this.#ours].filter((address) => !own.has(address) && this.#isGone(address));
    this.#announce(due, untilUnix);
    if (!this.#hasTwin) this.#withdraw(gone);
  }

  #announce(due: readonly string[], untilUnix: number): void {
    if (due.length === 0) return;
    const { signal } = this.#sending;
    const asked = this.#options.protect(due, { untilUnix, reason: REASON }, signal);
    if (asked === undefined) return;
    for (const address of due) {
      this.#announced.set(address, untilUnix);
      this.#unsent.delete(address);
    }
    this.#send(asked, () => {
      for (const address of due) if (this.#ours.has(address)) this.#unsent.add(address);
    });
  }

  #withdraw(gone: readonly string[]): void {
    if (gone.length === 0) return;
    const asked = this.#options.unprotect(gone, this.#sending.signal);
    if (asked === undefined) return;
    for (const address of gone) this.#forget(address);
    this.#send(asked, () => undefined);
  }

  #forget(address: string): void {
    this.#ours.delete(address);
    this.#announced.delete(address);
    this.#unsent.delete(address);
    this.#goneSinceMs.delete(address);
  }

  #choose(found: readonly Address[]): ReadonlySet<string> {
    const own = [...new Set(found.filter(isGlobal).map(({ text }) => text))].sort();
    if (own.length > MOST_ANNOUNCED) {
      this.#say(
        `this host has ${String(own.length)} global addresses, of which ${String(MOST_ANNOUNCED)} are announced: ` +
          'protect their prefixes with vallum-pub protect add',
      );
    }
    return new Set(own.slice(0, MOST_ANNOUNCED));
  }

  #isGone(address: string): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const sinceMs = this.#goneSinceMs.get(address);
    if (sinceMs === undefined) {
      this.#goneSinceMs.set(address, nowMs);
      return false;
    }
    return nowMs - sinceMs >= GONE_AFTER_MS;
  }

  /** It waits for the broker as long as it takes. */
  #send(asked: Promise<unknown>, unsent: () => void): void {
    asked.catch((error: unknown) => {
      if (error instanceof VallumError && error.code === 'BROKER_REFUSED') {
        this.#say(
          `the broker does not let this node announce its own addresses, so other nodes can ban them: ${error.message}`,
        );
        return;
      }
      unsent();
      if (error instanceof VallumError && INTERRUPTED.has(error.code)) return;
      this.#say(`cannot announce this host's own addresses: ${messageOf(error)}`);
    });
  }

  #say(sentence: string): void {
    if (this.#said.has(sentence)) return;
    this.#said.add(sentence);
    this.#options.warn(sentence);
  }
}

import type { Address } from '../address/address.js';
import { Coalesced } from '../enforce/coalesced.js';
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
  /** undefined: nothing is announced any more, and what was is withdrawn at once. */
  readonly host: AnnouncedHost | undefined;
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

/** An address that was announced, by this run or by those before it. */
interface Announcement {
  /**
   * The end that this run has announced last, Unix seconds; undefined: none. Who has lifted it meanwhile is not
   * contradicted that day.
   */
  untilUnix: number | undefined;
  /** In the ledger here, but the broker did not get it: said again, since not all nodes repair. */
  isUnsent: boolean;
  /** Since when this host has been without it; the clock that nobody sets. */
  goneSinceMs: number | undefined;
}

/** Tells the fleet which addresses are this host's own, so that no other node bans them. */
export class Announcing {
  readonly #options: AnnouncingOptions;
  /** By address. What else bears this node's name is a twin's. */
  readonly #ours = new Map<string, Announcement>();
  readonly #looks = new Coalesced(() => this.#tryToLook());
  readonly #said = new Set<string>();
  #sending = new AbortController();
  #stopWatching: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  #hasTwin = false;
  #closed = false;

  constructor(options: AnnouncingOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { host, random } = this.#options;
    await this.#recall();
    // Where it cannot be watched, it is looked at now and then.
    const stop = await host
      ?.watch(() => {
        void this.look();
      })
      .catch(() => undefined);
    if (this.#closed) stop?.();
    else this.#stopWatching = stop;
    await this.look();
    this.#lookLater(LOOK_EVERY_MS * random());
  }

  /** Announces what is new or due, and withdraws what this host has no more. */
  look(): Promise<void> {
    return this.#looks.run();
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

  /** Nothing more is announced or withdrawn; what is under way still is. */
  stop(): void {
    this.#closed = true;
    this.#cancelLook?.();
    this.#stopWatching?.();
  }

  close(): void {
    this.stop();
    this.#sending.abort();
  }

  /** What was announced before, while nobody can have told yet what else bears this node's name. */
  async #recall(): Promise<void> {
    try {
      for await (const { address } of this.#options.leases()) this.#announcement(address);
    } catch (error) {
      this.#say(
        `cannot read which of its own addresses this node has announced: ${messageOf(error)}`,
      );
    }
  }

  #lookLater(delayMs: number): void {
    if (this.#closed) return;
    this.#cancelLook = this.#options.clock.after(delayMs, () => {
      void this.look().then(() => {
        this.#lookLater(LOOK_EVERY_MS);
      });
    });
  }

  async #tryToLook(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#look();
    } catch (error) {
      this.#say(`cannot look for this host's own addresses to announce: ${messageOf(error)}`);
    }
  }

  async #look(): Promise<void> {
    const { clock, host, leases } = this.#options;
    const own = this.#choose((await host?.find()) ?? []);
    const held = new Map<string, LeaseRecord['until']>();
    for await (const { address, until } of leases()) held.set(address, until);
    if (this.#closed) return;
    const untilUnix = DAY_SECONDS * (Math.floor(clock.nowMs() / 1000 / DAY_SECONDS) + DAYS);
    for (const address of own) this.#announcement(address).goneSinceMs = undefined;
    for (const address of this.#ours.keys()) {
      if (!own.has(address) && !held.has(address)) this.#ours.delete(address);
    }
    const due = [...own].filter((address) => this.#isDue(address, held.get(address), untilUnix));
    const gone = [...this.#ours.keys()].filter(
      (address) => !own.has(address) && this.#isGone(address),
    );
    this.#announce(due, untilUnix);
    if (!this.#hasTwin) this.#withdraw(gone);
  }

  #announce(due: readonly string[], untilUnix: number): void {
    if (due.length === 0) return;
    const { signal } = this.#sending;
    const asked = this.#options.protect(due, { untilUnix, reason: REASON }, signal);
    if (asked === undefined) return;
    for (const address of due) {
      Object.assign(this.#announcement(address), { untilUnix, isUnsent: false });
    }
    this.#send(asked, 'announce', () => {
      for (const address of due) {
        const ours = this.#ours.get(address);
        if (ours !== undefined) ours.isUnsent = true;
      }
    });
  }

  #withdraw(gone: readonly string[]): void {
    if (gone.length === 0) return;
    const asked = this.#options.unprotect(gone, this.#sending.signal);
    if (asked === undefined) return;
    for (const address of gone) this.#ours.delete(address);
    this.#send(asked, 'withdraw', () => undefined);
  }

  #announcement(address: string): Announcement {
    let ours = this.#ours.get(address);
    if (ours === undefined) {
      ours = { untilUnix: undefined, isUnsent: false, goneSinceMs: undefined };
      this.#ours.set(address, ours);
    }
    return ours;
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

  #isDue(address: string, heldUntil: LeaseRecord['until'], untilUnix: number): boolean {
    const ours = this.#announcement(address);
    // One that lasts longer is from a time when the clock was ahead.
    return ours.isUnsent || (heldUntil !== untilUnix && ours.untilUnix !== untilUnix);
  }

  #isGone(address: string): boolean {
    const { host, clock } = this.#options;
    if (host === undefined) return true;
    const nowMs = clock.monotonicMs();
    const ours = this.#announcement(address);
    ours.goneSinceMs ??= nowMs;
    return nowMs - ours.goneSinceMs >= GONE_AFTER_MS;
  }

  /** It waits for the broker as long as it takes. */
  #send(asked: Promise<unknown>, action: 'announce' | 'withdraw', unsent: () => void): void {
    asked.catch((error: unknown) => {
      if (error instanceof VallumError && error.code === 'BROKER_REFUSED') {
        const so = action === 'announce' ? ', so other nodes can ban them' : '';
        this.#say(
          `the broker does not let this node ${action} its own addresses${so}: ${error.message}`,
        );
        return;
      }
      unsent();
      if (error instanceof VallumError && INTERRUPTED.has(error.code)) return;
      this.#say(`cannot ${action} this host's own addresses: ${messageOf(error)}`);
    });
  }

  #say(sentence: string): void {
    if (this.#said.has(sentence)) return;
    this.#said.add(sentence);
    this.#options.warn(sentence);
  }
}

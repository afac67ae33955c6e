import { watchNetwork } from '../netlink/index.js';
import type { Clock } from '../system/clock.js';
import { messageOf } from '../words/message-of.js';
import { ALWAYS_PROTECTED } from './always-protected.js';
import { BrokerAddresses } from './broker-addresses.js';
import { findHostAddresses, hostLibC } from './host-addresses.js';
import { createPolicy, type Policy } from './policy.js';
import type { PolicyOptions } from './policy-options.js';
import { protectedEntries, type ProtectedEntry } from './protect-list.js';

/** What no event tells: name servers, and the network where it cannot be watched. */
const REFRESH_MS = 60_000;
/** A router that learns a million routes is read for a twentieth of the time at most. */
const REST = 20;

/** The host as it is asked; a test has one of its own. */
export interface HostDeps {
  readonly find: () => Promise<readonly ProtectedEntry[]>;
  /** Calls back when what `find` finds may have changed; resolves with what stops it. */
  readonly watch: (
    changed: () => void,
    failed: (error: unknown) => void,
    clock: Clock,
  ) => Promise<() => void>;
}

const THIS_HOST: HostDeps = {
  find: () => findHostAddresses(),
  watch: async (changed, failed, clock) =>
    watchNetwork(await hostLibC(), changed, failed, { clock }),
};

/**
 * Keeps the policy true while the host changes: a new lease from DHCP, another gateway, another
 * broker. What cannot be banned is where no attacker is, the administrator's list, and what this
 * host needs in order to be reached.
 */
export class PolicyKeeper {
  readonly #broker: BrokerAddresses;
  #policy: Policy;
  #options: PolicyOptions;
  #found: readonly ProtectedEntry[] = [];
  #fleet: readonly ProtectedEntry[] = [];
  #started = false;
  #closed = false;
  #stopWatching: (() => void) | undefined;
  #cancelRefresh: (() => void) | undefined;
  #cancelFollowing: (() => void) | undefined;
  #following = false;
  #followAgain = false;
  /** How many searches have begun, and which of them `#found` is from. */
  #searches = 0;
  #latest = 0;
  #restMs = 0;

  constructor(
    options: PolicyOptions = {},
    private readonly clock: Clock,
    private readonly changed: (policy: Policy) => void,
    private readonly warn: (sentence: string) => void,
    private readonly host: HostDeps = THIS_HOST,
  ) {
    this.#broker = new BrokerAddresses(clock, () => {
      this.#rebuild();
    });
    this.#options = options;
    this.#policy = this.#build(options);
  }

  get policy(): Policy {
    return this.#policy;
  }

  /** Rejects where this host's addresses cannot be found: nothing is banned before they are safe. */
  async start(): Promise<void> {
    this.#started = true;
    // Watched before it is read: a change in between is not missed.
    await this.#watch();
    try {
      await this.#refresh();
    } catch (error) {
      this.close();
      throw error;
    }
    this.#schedule();
  }

  /** @throws VallumError `INVALID_ARGUMENT`, and what was in effect stays */
  async reconfigure(options: PolicyOptions = {}): Promise<void> {
    this.#build(options);
    this.#options = options;
    await this.#watch();
    await this.#refresh();
  }

  /**
   * Protects what the broker's name stands for, before it is dialled and once it is connected: pass
   * all of its addresses. In effect when this returns. One that is not in the list any more stays
   * protected for ten minutes.
   */
  protectBroker(addresses: readonly string[]): void {
    this.#broker.name(addresses);
    this.#rebuild();
    // A new connection often means that the network has changed.
    if (this.#started) void this.#tryRefresh();
  }

  /** What the fleet's protect list holds now. In effect when this returns. */
  protectFleet(entries: readonly ProtectedEntry[]): void {
    this.#fleet = entries;
    this.#rebuild();
  }

  close(): void {
    this.#closed = true;
    this.#broker.close();
    this.#cancelRefresh?.();
    this.#cancelFollowing?.();
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  /** Follows the system's own word, where it is this host that is asked and not a program. */
  async #watch(): Promise<void> {
    if (this.#options.protectHost !== undefined) {
      this.#stopWatching?.();
      this.#stopWatching = undefined;
      return;
    }
    if (this.#stopWatching !== undefined || !this.#started) return;
    const failed = (error: unknown): void => {
      this.#stopWatching = undefined;
      this.warn(
        `cannot hear when this host's addresses and gateways change, so they are read once a minute: ${messageOf(error)}`,
      );
    };
    try {
      const stop = await this.host.watch(() => this.#follow(), failed, this.clock);
      if (this.#closed) stop();
      else this.#stopWatching = stop;
    } catch (error) {
      failed(error);
    }
  }

  /** Searches again, after a rest that is long where searching takes long. */
  #follow(): void {
    if (this.#closed) return;
    if (this.#following) {
      this.#followAgain = true;
      return;
    }
    this.#following = true;
    this.#cancelFollowing = this.clock.after(this.#restMs, () => {
      this.#followAgain = false;
      void this.#tryRefresh().then(() => {
        this.#following = false;
        if (this.#followAgain) this.#follow();
      });
    });
  }

  async #refresh(): Promise<void> {
    const { protectHost = this.host.find } = this.#options;
    const search = ++this.#searches;
    const beganMs = this.clock.nowMs();
    const found = protectHost === false ? [] : await protectHost();
    this.#restMs = Math.min(REFRESH_MS, Math.max(0, REST * (this.clock.nowMs() - beganMs)));
    // A slow one that began earlier does not undo what a later one found.
    if (search < this.#latest) return;
    this.#latest = search;
    this.#found = found;
    this.#rebuild();
  }

  /** What was found the last time stays protected while it cannot be found again. */
  async #tryRefresh(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      this.warn(
        `cannot look for this host's own addresses, so those last known stay protected: ${messageOf(error)}`,
      );
    }
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#cancelRefresh = this.clock.after(REFRESH_MS, () => {
      void this.#tryRefresh().then(() => {
        this.#schedule();
      });
    });
  }

  #rebuild(): void {
    if (this.#closed) return;
    const next = this.#build(this.#options);
    // Unchanged most of the time, and a change is worth a walk through every ban.
    if (isSame(this.#policy, next)) return;
    this.#policy = next;
    this.changed(next);
  }

  #build(options: PolicyOptions): Policy {
    return createPolicy(options, [
      ...ALWAYS_PROTECTED,
      ...protectedEntries(options.protect ?? [], 'protect list'),
      ...this.#found,
      ...this.#broker.entries,
      ...this.#fleet,
    ]);
  }
}

function isSame(one: Policy, other: Policy): boolean {
  const entries = other.protectList.entries;
  return (
    one.maxCover === other.maxCover &&
    one.minPrefixLength.ipv4 === other.minPrefixLength.ipv4 &&
    one.minPrefixLength.ipv6 === other.minPrefixLength.ipv6 &&
    one.protectList.entries.length === entries.length &&
    one.protectList.entries.every((entry, at) => isSameEntry(entry, entries[at]))
  );
}

function isSameEntry(one: ProtectedEntry, other: ProtectedEntry | undefined): boolean {
  if (one === other) return true;
  return one.address.text === other?.address.text && one.because === other.because;
}

import type { Backend } from '../backend/backend.js';
import { ipv6Companion, type SetName } from '../words/names.js';
import { messageOf } from '../words/message-of.js';
import { Coalesced } from './coalesced.js';
import type { Minders } from './minders.js';
import { FAMILIES, type SetCare } from './set-care.js';
import type { SetMinder } from './set-minder.js';
import type { EnforceContext } from './enforce-context.js';
import { within } from './within.js';

/** How long a round of checks is waited for before the next: one set may take as long as it likes. */
const ROUND_MS = 5_000;
/** Behind an event of the kernel: more of them come mostly. */
const EVENT_MS = 200;

export interface CheckRoundsOptions {
  readonly everyMs: number;
  /** One set has been looked at. */
  readonly looked: () => void;
  /** Every set has been looked at. */
  readonly checked: () => void;
}

/** Looks at the kernel sets: from time to time, when the kernel tells of a change, and when asked. */
export class CheckRounds {
  readonly #checks = new Map<SetName, Coalesced>();
  /** Sets that need not be asked what they are at their next check. */
  readonly #known = new Set<SetName>();
  /** Checks that an event has asked for. */
  readonly #soon = new Map<SetName, () => void>();
  #cancelNext: (() => void) | undefined;
  #unwatch: (() => void) | undefined;
  #stopped = false;

  constructor(
    private readonly context: EnforceContext,
    private readonly care: SetCare,
    private readonly minders: Minders,
    private readonly options: CheckRoundsOptions,
  ) {}

  /** Looks at what somebody else changes from now on, where the kernel tells. */
  watch(backend: Backend): void {
    this.#unwatch = backend.watch?.((changed) => {
      for (const set of this.care.sets) {
        if (set !== changed && ipv6Companion(set) !== changed) continue;
        for (const family of FAMILIES) this.minders.of(set, family).suspect(changed);
        this.#checkSoon(set);
      }
    });
  }

  /** Looks at all sets from time to time from now on. */
  schedule(): void {
    this.#cancelNext = this.context.clock.after(this.options.everyMs, () => {
      void within(this.context.clock, ROUND_MS, this.checkAll()).then(() => {
        if (!this.#stopped) this.schedule();
      });
    });
  }

  /** Looks at every set, creates what is missing where asked to, and mends what differs. */
  async checkAll(): Promise<void> {
    // Side by side: one that does not answer is not to hold up the others.
    await Promise.all(this.care.sets.map((set) => this.#checkOne(set)));
    this.options.checked();
  }

  /**
   * Compares every set without asking what it is: that was asked a moment ago. For a set with timeouts the
   * kernel counts all entries for each answer, some 24 ms for a million, and edits nothing meanwhile.
   */
  async compareAll(): Promise<void> {
    for (const set of this.care.sets) this.#known.add(set);
    await this.checkAll();
  }

  /** No look is begun any more; what is under way goes on. */
  stop(): void {
    this.#stopped = true;
    this.#cancelNext?.();
    this.#unwatch?.();
    for (const cancel of this.#soon.values()) cancel();
  }

  /** Resolves when no set is being looked at. */
  async idle(): Promise<void> {
    await Promise.all([...this.#checks.values()].map((check) => check.idle()));
  }

  #checkOne(set: SetName): Promise<void> {
    let check = this.#checks.get(set);
    if (check === undefined) {
      check = new Coalesced(() => this.#lookAt(set));
      this.#checks.set(set, check);
    }
    return check.run();
  }

  async #lookAt(set: SetName): Promise<void> {
    try {
      if (!this.#known.delete(set)) await this.care.look(set);
    } catch (error) {
      this.context.warn(`internal error while set ${set} was looked at: ${messageOf(error)}`);
    }
    await Promise.all(FAMILIES.map((family) => this.#compare(this.minders.of(set, family))));
    this.options.looked();
  }

  #checkSoon(set: SetName): void {
    if (this.#soon.has(set) || this.#stopped) return;
    const rests = FAMILIES.map((family) => this.minders.of(set, family).restMs);
    const cancel = this.context.clock.after(Math.max(EVENT_MS, ...rests), () => {
      this.#soon.delete(set);
      void this.#checkOne(set);
    });
    this.#soon.set(set, cancel);
  }

  /** A fault of ours with one set is not to keep the others from being looked at. */
  async #compare(minder: SetMinder): Promise<void> {
    try {
      await minder.check();
    } catch (error) {
      const { set } = minder.upkeep;
      this.context.warn(`internal error while set ${set} was compared: ${messageOf(error)}`);
    }
  }
}

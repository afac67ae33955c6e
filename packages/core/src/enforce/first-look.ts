import type { SteadyClock } from '../system/clock.js';
import { within } from './within.js';

/** How long the start waits for the first comparison of the sets. */
const FIRST_LOOK_MS = 250;
/**
 * With a larger ledger it would not come to its end in that time. Its comparison begins once the
 * broker listens (`now`), or after so long: the kernel's counting and each part of its listing would hold
 * up every step of the connection.
 */
const FIRST_LOOK_REGISTERS = 100_000;
const FIRST_LOOK_WITHIN_MS = 500;

/** The first comparison of the sets: a part of the start, or put off where the ledger is large. */
export class FirstLook {
  /** Set while it is put off. */
  #cancel: (() => void) | undefined;

  constructor(
    private readonly clock: SteadyClock,
    private readonly check: () => Promise<void>,
    /** For the one that is put off: what the sets are is known from the start. */
    private readonly compare: () => Promise<void>,
  ) {}

  /** Resolves when it has ended, when it has taken too long, or when it is put off. */
  async begin(registers: number): Promise<void> {
    if (registers <= FIRST_LOOK_REGISTERS) {
      await within(this.clock, FIRST_LOOK_MS, this.check());
      return;
    }
    this.#cancel = this.clock.after(FIRST_LOOK_WITHIN_MS, () => {
      this.now();
    });
  }

  /** Nothing is to be waited for any more: begins it, where it is put off. */
  now(): void {
    if (this.#cancel === undefined) return;
    this.stop();
    void this.compare();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

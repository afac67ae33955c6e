import type { Clock } from '@vallum/core';

export interface WatchdogOptions {
  /** How long the service manager waits for a sign of life. */
  readonly timeoutMs: number;
  /** The longest time between two pieces of work that a vallumd which is well finishes. */
  readonly workWithinMs: number;
  readonly alive: () => void;
  readonly stalled: (sentence: string) => void;
  readonly clock: Pick<Clock, 'after'>;
  readonly monotonicMs?: () => number;
}

/**
 * Tells the service manager that vallumd lives only while it does what it is there for: the timer
 * proves that the event loop turns, `worked` that what is waiting gets done. Looking at the sets does
 * not count: it goes on beside a batch that hangs for ever. An enforcer that waits on a kernel or a
 * program without end is started again, and the ledger loses nothing by it.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #now: () => number;
  #workedAtMs: number;
  #stalled = false;
  #cancel: (() => void) | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#now = options.monotonicMs ?? (() => performance.now());
    this.#workedAtMs = this.#now();
  }

  start(): void {
    this.#look();
  }

  /** Something has been finished, or nothing is waiting. */
  worked(): void {
    this.#workedAtMs = this.#now();
    this.#stalled = false;
  }

  stop(): void {
    this.#cancel?.();
  }

  #look(): void {
    const { timeoutMs, workWithinMs, alive, stalled, clock } = this.#options;
    // A third: one that comes late is not the last chance.
    const everyMs = timeoutMs / 3;
    const idleMs = this.#now() - this.#workedAtMs;
    if (idleMs <= Math.max(workWithinMs, everyMs)) {
      alive();
    } else if (!this.#stalled) {
      this.#stalled = true;
      stalled(
        `nothing has been finished for ${Math.round(idleMs / 1000).toString()} s: vallumd asks to ` +
          'be started again; the sets and the ledger keep every ban',
      );
    }
    this.#cancel = clock.after(everyMs, () => {
      this.#look();
    });
  }
}

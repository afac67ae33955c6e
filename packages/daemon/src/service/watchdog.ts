import type { Clock } from '@vallum/core';

export interface WatchdogOptions {
  /** How long the service manager waits for a sign of life. */
  readonly timeoutMs: number;
  /** The longest time between two signs of progress of a vallumd that is well. */
  readonly progressWithinMs: number;
  readonly alive: () => void;
  readonly stalled: (sentence: string) => void;
  readonly clock: Pick<Clock, 'after'>;
  readonly monotonicMs?: () => number;
}

/**
 * Tells the service manager that vallumd lives only while it does what it is there for: the timer
 * proves that the event loop turns, `progress` that sets are still looked at and edited. An enforcer
 * that waits for ever on a kernel or a program is started again, and the ledger loses nothing by it.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #now: () => number;
  #progressAtMs: number;
  #stalled = false;
  #cancel: (() => void) | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#now = options.monotonicMs ?? (() => performance.now());
    this.#progressAtMs = this.#now();
  }

  start(): void {
    this.#look();
  }

  progress(): void {
    this.#progressAtMs = this.#now();
    this.#stalled = false;
  }

  stop(): void {
    this.#cancel?.();
  }

  #look(): void {
    const { timeoutMs, progressWithinMs, alive, stalled, clock } = this.#options;
    const idleMs = this.#now() - this.#progressAtMs;
    if (idleMs <= Math.max(progressWithinMs, timeoutMs)) {
      alive();
    } else if (!this.#stalled) {
      this.#stalled = true;
      stalled(
        `no look at the sets has ended for ${Math.round(idleMs / 1000).toString()} s: vallumd asks ` +
          'to be started again; the sets and the ledger keep every ban',
      );
    }
    // A third: one that comes late is not the last chance.
    this.#cancel = clock.after(timeoutMs / 3, () => {
      this.#look();
    });
  }
}

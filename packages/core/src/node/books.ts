import type { SetStatus } from '../enforce/set-status.js';
import type { Clock } from '../system/clock.js';

const AT_MOST_EVERY_MS = 1_000;

/** Tells when the numbers of bans have changed, once a second at most, the last change always. */
export class Books {
  #told = '';
  #cancel: (() => void) | undefined;
  #quietUntilMs = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly read: () => readonly SetStatus[],
    private readonly changed: () => void,
  ) {}

  /** Something has happened by which the numbers may have changed. Costs nothing within the second. */
  touch(): void {
    if (this.#cancel !== undefined) return;
    const waitMs = Math.max(0, this.#quietUntilMs - this.clock.nowMs());
    this.#cancel = this.clock.after(waitMs, () => {
      this.#cancel = undefined;
      this.#compare();
    });
  }

  close(): void {
    this.#cancel?.();
  }

  #compare(): void {
    const now = this.read()
      .map(({ set, bans, pending, refused }) => [set, bans, pending, refused].join(' '))
      .join();
    if (now === this.#told) return;
    this.#told = now;
    this.#quietUntilMs = this.clock.nowMs() + AT_MOST_EVERY_MS;
    this.changed();
  }
}

import type { SteadyClock } from '../system/clock.js';
import type { VallumStatus } from './vallum-types.js';

const AT_MOST_EVERY_MS = 1_000;

/**
 * Tells when the numbers of bans have changed, or how the ledger stands to those of others: once a
 * second at most, the last change always.
 */
export class Books {
  #told = '';
  #cancel: (() => void) | undefined;
  #quietUntilMs = -Infinity;

  constructor(
    private readonly clock: SteadyClock,
    private readonly read: () => VallumStatus,
    private readonly changed: () => void,
  ) {}

  /** Something has happened by which the numbers may have changed. Costs nothing within the second. */
  touch(): void {
    if (this.#cancel !== undefined) return;
    const waitMs = Math.max(0, this.#quietUntilMs - this.clock.monotonicMs());
    this.#cancel = this.clock.after(waitMs, () => {
      this.#cancel = undefined;
      this.#compare();
    });
  }

  close(): void {
    this.#cancel?.();
  }

  #compare(): void {
    const { sets, ledgers, protection } = this.read();
    const now = [
      ...sets.map(({ set, bans, pending, refused }) => [set, bans, pending, refused].join(' ')),
      ...ledgers.map(({ topic, digest, differing, heard, taken, given }) =>
        [topic, digest, differing, heard, taken, given].join(' '),
      ),
      ...(protection === undefined ? [] : [`${protection.entries} ${protection.refused}`]),
    ].join();
    if (now === this.#told) return;
    this.#told = now;
    this.#quietUntilMs = this.clock.monotonicMs() + AT_MOST_EVERY_MS;
    this.changed();
  }
}

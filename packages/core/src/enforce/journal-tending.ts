import type { Journal } from '../journal/journal.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Clock } from '../system/clock.js';
import type { FindUpkeep } from './restore-ledger.js';
import { snapshot } from './snapshot.js';

const TEND_EVERY_MS = 1_000;

/** Has the journal written anew where it has grown long or lacks something: looks at it every second. */
export class JournalTending {
  #cancel: (() => void) | undefined;
  #tending: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly journal: Journal,
    private readonly ledger: Ledger,
    private readonly find: FindUpkeep,
    private readonly tended: () => void,
  ) {}

  schedule(): void {
    this.#cancel = this.clock.after(TEND_EVERY_MS, () => {
      this.#tending = this.#tend().then(() => {
        if (!this.#stopped) this.schedule();
      });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** Resolves once a look that has begun is over. */
  idle(): Promise<void> {
    return this.#tending;
  }

  async #tend(): Promise<void> {
    await this.journal.tend(() => snapshot(this.ledger, this.find), this.ledger.size.registers);
    this.tended();
  }
}

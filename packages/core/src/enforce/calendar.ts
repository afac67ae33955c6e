import type { AddressColumns } from '../address/address-columns.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Page } from '../ledger/page.js';
import type { Clock } from '../system/clock.js';
import { TimeSlice } from '../system/time-slice.js';

/** Addresses that are taken from the ledger between two breaths. */
const TOGETHER = 1_000;
/** Timers take 31 bits of milliseconds; a later moment is looked at again on the way. */
const LONGEST_MS = 2 ** 31 - 1;

/** Wakes when leases end, and hands on the bans that change by it. */
export class Calendar {
  #cancel: (() => void) | undefined;
  /** The moment that the timer waits for, in Unix seconds. */
  #armedFor = Infinity;
  #running = false;
  #closed = false;

  constructor(
    private readonly ledger: Ledger,
    private readonly clock: Clock,
    private readonly due: (page: Page, addresses: AddressColumns) => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Sets the timer where something ends earlier than what it waits for. After nearly every message. */
  arm(): void {
    const next = this.ledger.nextDueUnix ?? Infinity;
    if (next >= this.#armedFor || this.#closed || this.#running) return;
    this.#cancel?.();
    this.#armedFor = next;
    const delayMs = Math.min(Math.max(next * 1000 - this.clock.nowMs(), 0), LONGEST_MS);
    this.#cancel = this.clock.after(delayMs, () => {
      this.#armedFor = Infinity;
      void this.catchUp();
    });
  }

  /** The clock has jumped: what the timer waits for may be another moment from now. */
  rearm(): void {
    this.#cancel?.();
    this.#armedFor = Infinity;
    void this.catchUp();
  }

  /** Ends what is over. */
  async catchUp(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const slice = new TimeSlice();
    for (const page of this.ledger.pages()) {
      try {
        for (let addresses; (addresses = page.takeDue(this.clock.nowMs(), TOGETHER));) {
          this.#hand(page, addresses);
          if (slice.isOver) await slice.breathe();
        }
      } catch (error) {
        this.failed(error);
      }
    }
    this.#running = false;
    this.arm();
  }

  /** What the ledger has given out it does not give again: a fault costs these, and no more. */
  #hand(page: Page, addresses: AddressColumns): void {
    try {
      this.due(page, addresses);
    } catch (error) {
      this.failed(error);
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }
}

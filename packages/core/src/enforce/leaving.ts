import { RowQueue } from '../plan/row-queue.js';
import type { EntryWork } from './entry-work.js';
import type { Upkeep } from './upkeep.js';

/** Rows given up between two breaths. */
const TOGETHER = 4_000;

/**
 * Rows of which nothing is left to say. A work that waits may name such a row, which is therefore
 * given to another address only when all works are done that were there when it was left: in two
 * halves, the younger of which becomes the older one when that is empty.
 */
export class Leaving {
  /** Works that have been announced and are not done, the oldest first. */
  readonly #open = new Set<EntryWork>();
  #announced = 0;
  #young = new RowQueue();
  #old = new RowQueue();
  /** No work after this one can name a row of the older half. */
  #boundary = 0;

  constructor(private readonly upkeep: Upkeep) {}

  expect(work: EntryWork): void {
    this.#announced += 1;
    work.number = this.#announced;
    this.#open.add(work);
  }

  finished(work: EntryWork): void {
    this.#open.delete(work);
  }

  push(row: number): void {
    this.#young.push(row);
  }

  /** Gives up what can be given up by now. */
  release(): void {
    let left = TOGETHER;
    for (let half = 0; half < 2; half++) {
      const [oldest] = this.#open;
      if (oldest !== undefined && oldest.number <= this.#boundary) return;
      for (; left > 0 && this.#old.length > 0; left -= 1) {
        this.upkeep.plan.release(this.#old.shift());
      }
      if (this.#old.length > 0) return;
      [this.#old, this.#young] = [this.#young, this.#old];
      this.#boundary = this.#announced;
    }
  }
}

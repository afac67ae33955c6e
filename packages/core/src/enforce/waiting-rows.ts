import { RowList } from '../plan/row-list.js';
import { FLAG, type SetPlan } from '../plan/set-plan.js';

/** Whose rows wait. */
interface Queueing {
  readonly plan: SetPlan;
  enqueue(row: number): void;
}

/**
 * Wanted entries that found the set full, the first come first. While one waits, the kernel is not
 * asked about others that are new.
 */
export class WaitingRows {
  readonly #rows = new RowList();

  constructor(private readonly upkeep: Queueing) {}

  get length(): number {
    return this.#rows.length;
  }

  /** Queues as many of them as there is room for. */
  admit(room: number): void {
    for (let left = room; left > 0 && this.#rows.length > 0;) {
      const { plan } = this.upkeep;
      const row = this.#rows.first;
      this.stop(row);
      if (!plan.isLacking(row)) continue;
      plan.mark(row, FLAG.ADMITTED);
      this.upkeep.enqueue(row);
      left -= 1;
    }
  }

  /** The set is full: the row waits, behind those that do already. */
  wait(row: number): void {
    const { plan } = this.upkeep;
    if (plan.has(row, FLAG.WAITING)) return;
    plan.mark(row, FLAG.WAITING);
    this.#rows.push(row);
  }

  /** There was no room for these after all: they stand at the head of the line again. */
  waitAgain(rows: readonly number[]): void {
    const { plan } = this.upkeep;
    for (let index = rows.length - 1; index >= 0; index--) {
      const row = rows[index] ?? -1;
      if (plan.has(row, FLAG.WAITING) || !plan.isLacking(row)) continue;
      plan.mark(row, FLAG.WAITING);
      this.#rows.pushFirst(row);
    }
  }

  stop(row: number): void {
    const { plan } = this.upkeep;
    if (!plan.has(row, FLAG.WAITING)) return;
    plan.unmark(row, FLAG.WAITING);
    this.#rows.remove(row);
  }

  clear(): void {
    this.#rows.clear();
  }
}

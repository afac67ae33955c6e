import type { MessageSummary, Report } from '@vallum/core';
import { isHeldBack, isOver } from '../manner.js';

/** What is counted: addresses that were banned and so on, and packets that were dropped. */
const KINDS = ['bans', 'unbans', 'refusals', 'drops'] as const;
type Kind = (typeof KINDS)[number];

/** Counts of the time behind us, a number for each step, the oldest first. */
export type HistoryReport = {
  /** Unix seconds: the beginning of the first step. */
  readonly from: number;
  /** Of a step, in seconds. */
  readonly step: number;
} & Readonly<Record<Kind, readonly number[]>>;

const SLOT_SECONDS = 10;
const SLOTS = (24 * 60 * 60) / SLOT_SECONDS;
export const LONGEST_SECONDS = SLOTS * SLOT_SECONDS;

const KIND_OF: Readonly<Partial<Record<Report['outcome'], Kind>>> = {
  banned: 'bans',
  unbanned: 'unbans',
  refused: 'refusals',
  rejected: 'refusals',
};

/** Counts what happened in each ten seconds of the last day; of a fixed size, whatever happens. */
export class History {
  readonly #counts: Readonly<Record<Kind, Uint32Array>> = {
    bans: new Uint32Array(SLOTS),
    unbans: new Uint32Array(SLOTS),
    refusals: new Uint32Array(SLOTS),
    drops: new Uint32Array(SLOTS),
  };
  /** Of each set, what its rules had counted when they were last looked at. */
  readonly #packets = new Map<string, number>();
  /** The slot that is being counted in, as a number since 1970. */
  #slot: number;

  constructor(private readonly nowMs: () => number = Date.now) {
    this.#slot = this.#currentSlot();
  }

  report(report: Pick<Report, 'outcome' | 'via'> & { readonly code?: string }): void {
    if (isOver(report)) this.#add('unbans', 1);
    else this.#countOutcome(report, 1);
  }

  summary({ outcomes }: Pick<MessageSummary, 'outcomes'>): void {
    for (const counted of outcomes) this.#countOutcome(counted, counted.count);
  }

  /**
   * @param packets that the rules of a set have dropped in all; fewer than before: they were made anew, and
   *   have counted from nothing
   */
  dropped(set: string, packets: number): void {
    const before = this.#packets.get(set);
    this.#packets.set(set, packets);
    // What was dropped before this process looked is of no known time.
    if (before === undefined) return;
    this.#add('drops', packets < before ? packets : packets - before);
  }

  /**
   * @param seconds how far back; at most a day, at least a step
   * @param step seconds, rounded up to whole tens
   */
  read(seconds: number, step: number): HistoryReport {
    this.#moveOn();
    const span = Math.min(LONGEST_SECONDS, Math.max(SLOT_SECONDS, seconds));
    const slotsPerStep = Math.min(Math.ceil(Math.max(1, step) / SLOT_SECONDS), SLOTS);
    const steps = Math.max(1, Math.floor(span / SLOT_SECONDS / slotsPerStep));
    // Steps begin at whole multiples of themselves, so that what is drawn does not change as time goes by.
    const lastStep = Math.floor(this.#slot / slotsPerStep);
    const first = (lastStep - steps + 1) * slotsPerStep;
    const sum = (kind: Kind) =>
      Array.from({ length: steps }, (_, at) =>
        this.#sum(kind, first + at * slotsPerStep, slotsPerStep),
      );
    return {
      from: first * SLOT_SECONDS,
      step: slotsPerStep * SLOT_SECONDS,
      ...{ bans: sum('bans'), unbans: sum('unbans'), refusals: sum('refusals') },
      drops: sum('drops'),
    };
  }

  #sum(kind: Kind, from: number, count: number): number {
    let total = 0;
    for (let slot = Math.max(from, this.#slot - SLOTS + 1); slot < from + count; slot++) {
      if (slot <= this.#slot) total += this.#counts[kind][slot % SLOTS] ?? 0;
    }
    return total;
  }

  #countOutcome(
    { outcome, code }: { readonly outcome: Report['outcome']; readonly code?: string | undefined },
    count: number,
  ): void {
    // It is what the administrator has asked for, and turns nobody away.
    if (isHeldBack(outcome, code)) return;
    const kind = KIND_OF[outcome];
    if (kind !== undefined) this.#add(kind, count);
  }

  #add(kind: Kind, count: number): void {
    this.#moveOn();
    const at = this.#slot % SLOTS;
    this.#counts[kind][at] = (this.#counts[kind][at] ?? 0) + count;
  }

  /** Empties what the time has passed over. A clock that is set back counts on in the slot where it was. */
  #moveOn(): void {
    const now = this.#currentSlot();
    if (now <= this.#slot) return;
    const passed = Math.min(now - this.#slot, SLOTS);
    for (let slot = now - passed + 1; slot <= now; slot++) {
      for (const kind of KINDS) this.#counts[kind][slot % SLOTS] = 0;
    }
    this.#slot = now;
  }

  #currentSlot(): number {
    return Math.floor(this.nowMs() / 1000 / SLOT_SECONDS);
  }
}

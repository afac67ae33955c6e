import { FLAG } from '../plan/set-plan.js';
import { nextTurn } from '../system/time-slice.js';
import { messageOf } from '../words/message-of.js';
import { AnswerDeadlines } from './answer-deadlines.js';
import { applyRows, giveUpRows } from './apply-rows.js';
import type { EntryWork } from './entry-work.js';
import { Leaving } from './leaving.js';
import { countMended, nothingMended, type Mended } from './mended.js';
import { nowUnix } from './now-unix.js';
import { takeQueued, tellEnded } from './queued-rows.js';
import { RoomProbe } from './room-probe.js';
import { isSetFull, type RowVerdict } from './row-verdict.js';
import { tellEntries } from './tell-entries.js';
import type { Audience } from './telling.js';
import type { EnforceContext } from './enforce-context.js';
import type { Upkeep } from './upkeep.js';
import { rowsOf, SLICE, WorkLanes, type WorkPart } from './work-lanes.js';

/** Entries that may wait for their verdict: some 30 MB. More are kept, and follow without one. */
const MOST_PENDING = 500_000;

export interface WorkerEvents {
  /** Something that was asked for is done. */
  readonly worked: () => void;
  readonly audience: Audience;
}

/**
 * Brings one plan into its kernel set, a slice at a time: first what few asked for, then long lists,
 * then what differs for other reasons. The plan says what is wanted now, so the order between them
 * does not matter to the set.
 */
export class SetWorker {
  readonly #lanes = new WorkLanes();
  /** Rows that nobody needs any more. */
  readonly #leaving: Leaving;
  readonly #deadlines: AnswerDeadlines;
  readonly #probe: RoomProbe;
  #pending = 0;
  #running: Promise<void> | undefined;
  #counted: Mended | undefined;
  #stopped = false;

  constructor(
    readonly upkeep: Upkeep,
    private readonly context: EnforceContext,
    private readonly events: WorkerEvents,
  ) {
    this.#leaving = new Leaving(upkeep);
    this.#deadlines = new AnswerDeadlines(context.clock, (seconds) => {
      context.warn(
        `set ${upkeep.set} has not answered for ${String(seconds)} s; what is asked for meanwhile is ` +
          'kept and follows',
      );
    });
    this.#probe = new RoomProbe(upkeep, context.clock, () => {
      if (this.isStuck) return;
      this.#probe.try();
      this.wake();
    });
  }

  /** Entries that have no verdict yet. */
  get pending(): number {
    return this.#pending;
  }

  /** True while a call of the backend takes longer than anybody should wait for. */
  get isStuck(): boolean {
    return this.#deadlines.isStuck;
  }

  /** True while a call of the backend takes so long that it may never end. */
  get hangs(): boolean {
    return this.#deadlines.hangs;
  }

  /** Announces a work, before it names rows of the plan. */
  expect(work: EntryWork): void {
    this.#leaving.expect(work);
  }

  add(work: EntryWork): void {
    if (this.isStuck || this.#pending + work.batch.length > MOST_PENDING) {
      this.#answerBusy(work);
      return;
    }
    this.#pending += work.batch.length;
    this.#lanes.push(work);
    this.wake();
  }

  /** Counts from now on what becomes of rows that differed. */
  startCount(): void {
    this.#counted = nothingMended();
  }

  takeCount(): Mended {
    const counted = this.#counted ?? nothingMended();
    this.#counted = undefined;
    return counted;
  }

  /** Starts on what waits, unless that is under way. */
  wake(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#hasWork && !this.#stopped) this.wake();
    });
  }

  /** Resolves when nothing is under way and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Nothing is started any more; what is under way goes on. */
  stop(): void {
    this.#stopped = true;
    this.#probe.stop();
  }

  get #hasWork(): boolean {
    return this.#lanes.length + this.upkeep.queue.length > 0;
  }

  async #run(): Promise<void> {
    while (this.#hasWork && !this.#stopped) {
      const parts = this.#lanes.take();
      try {
        if (parts.length > 0) await this.#applyEntries(parts);
        else await this.#applyQueued();
      } catch (error) {
        // What it was about is out of the queues, so that this does not go round for ever.
        this.upkeep.owes = true;
        this.#warn(error);
      }
      this.#probe.arm();
      this.events.worked();
      if (this.#lanes.hasLists || this.upkeep.queue.length > 0) await nextTurn();
    }
  }

  async #applyEntries(parts: readonly WorkPart[]): Promise<void> {
    const rows = rowsOf(parts);
    const verdicts = await this.#apply(rows);
    const now = nowUnix(this.context.clock);
    let start = 0;
    for (const { work, from, to } of parts) {
      const own = parts.length === 1 ? verdicts : verdicts.slice(start, start + to - from);
      start += to - from;
      this.#pending -= to - from;
      this.#tell(work, from, own, now);
    }
    this.#tidy(rows, verdicts);
  }

  #tell(work: EntryWork, from: number, verdicts: readonly RowVerdict[], now: number): void {
    const fault = tellEntries(this.upkeep, work, from, verdicts, now);
    if (fault !== undefined) this.#warn(fault);
    if (from + verdicts.length === work.batch.length) this.#leaving.finished(work);
  }

  #warn(error: unknown): void {
    const { set } = this.upkeep;
    this.context.warn(`internal error while set ${set} was edited: ${messageOf(error)}`);
  }

  async #applyQueued(): Promise<void> {
    const { upkeep } = this;
    const queued = takeQueued(upkeep, SLICE);
    const { rows } = queued;
    const verdicts = await this.#apply(rows);
    tellEnded(upkeep, queued, verdicts, this.events.audience);
    this.#count(queued.ended, verdicts);
    this.#tidy(rows, verdicts);
  }

  /** A ban that is over was no difference to mend. */
  #count(ended: readonly number[], verdicts: readonly RowVerdict[]): void {
    const counted = this.#counted;
    if (counted === undefined) return;
    const passedOver = new Set(ended);
    verdicts.forEach((verdict, index) => {
      if (!passedOver.has(index)) countMended(counted, verdict);
    });
  }

  async #apply(rows: Int32Array): Promise<readonly RowVerdict[]> {
    this.#deadlines.expect();
    try {
      return await applyRows(this.upkeep, this.context, rows);
    } catch (error) {
      // A fault of ours costs these entries their verdict, and nothing that comes behind them.
      this.#warn(error);
      giveUpRows(this.upkeep, rows);
      const detail = `internal error: ${messageOf(error)}`;
      return Array.from(rows, () => ({ fault: 'unknown', detail }));
    } finally {
      this.#deadlines.answered();
    }
  }

  /** Lets in what waits for the room that came free, and gives up rows that nobody needs. */
  #tidy(rows: Int32Array, verdicts: readonly RowVerdict[]): void {
    const { plan } = this.upkeep;
    let deleted = 0;
    const cleared: number[] = [];
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index] ?? -1;
      const verdict = verdicts[index];
      if (row < 0) continue;
      if (verdict === 'deleted') deleted += 1;
      if (plan.wanted[row] !== 0) continue;
      if (this.#leave(row) && verdict !== 'deleted' && verdict !== 'absent') cleared.push(row);
    }
    this.#noteCleared(cleared);
    this.#probe.learn(deleted, verdicts.some(isSetFull));
    this.#leaving.release();
  }

  /** A row in which nothing is wanted any more. @returns whether nothing of ours is in the set */
  #leave(row: number): boolean {
    const { upkeep } = this;
    if (upkeep.plan.has(row, FLAG.FOREIGN)) upkeep.dropForeign(row);
    this.#leaving.push(row);
    return upkeep.plan.held[row] === 0 && !upkeep.plan.has(row, FLAG.MAYBE | FLAG.PURGE);
  }

  #noteCleared(rows: readonly number[]): void {
    if (rows.length === 0) return;
    const { set, plan } = this.upkeep;
    this.context.notes.note(set, 'cleared', plan.addresses(Int32Array.from(rows), rows.length));
  }

  #answerBusy(work: EntryWork): void {
    const why = this.isStuck ? 'has not answered for a second' : 'has too much waiting for it';
    const detail = `set ${this.upkeep.set} ${why}; what is asked for meanwhile is kept and follows`;
    const verdicts = Array.from(work.rows, (row): RowVerdict => {
      if (row >= 0) this.upkeep.enqueue(row);
      return { fault: 'busy', detail };
    });
    this.#tell(work, 0, verdicts, nowUnix(this.context.clock));
  }
}

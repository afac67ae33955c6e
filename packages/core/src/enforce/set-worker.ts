import { addressAt } from '../address/address-columns.js';
import { FLAG } from '../plan/set-plan.js';
import { nextTurn } from '../system/time-slice.js';
import { applyRows, giveUpRows, type RowVerdict } from './apply-rows.js';
import type { EntryWork } from './entry-work.js';
import { nowUnix } from './now-unix.js';
import { Telling, type Audience } from './telling.js';
import { Leaving } from './leaving.js';
import { tellEntries } from './tell-entries.js';
import type { EnforceContext, Upkeep } from './upkeep.js';

/** Entries in one call of the backend: some milliseconds. */
const SLICE = 2_000;
/** Works with more entries than this let others pass. */
const FEW = 256;
/**
 * After twice this time one call takes longer than anybody should wait for. Twice, since a process that
 * was itself held up sees its first timer before the answer that came meanwhile.
 */
const HALF_PATIENCE_MS = 500;
/** A call that takes longer than this hangs: programs and sockets have deadlines that are shorter. */
const HANGS_AFTER_MS = 60_000;
/** Entries that may wait for their verdict: some 30 MB. More are kept, and follow without one. */
const MOST_PENDING = 500_000;
/** While bans wait for room: how often it is tried whether some came free behind our back. */
const PROBE_MS = 1_000;

/** What became of rows that differed. */
export interface Mended {
  added: number;
  deleted: number;
  failed: number;
  /** What the kernel said to the first that failed. */
  failure?: string;
}

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
  readonly #few: EntryWork[] = [];
  readonly #many: EntryWork[] = [];
  /** Rows that nobody needs any more. */
  readonly #leaving: Leaving;
  #pending = 0;
  #running: Promise<void> | undefined;
  #counted: Mended | undefined;
  #isStuck = false;
  #hangs = false;
  #cancelProbe: (() => void) | undefined;
  /** How many were let in last to see whether there is room; 0: it is not being tried. */
  #probed = 0;
  #stopped = false;

  constructor(
    readonly upkeep: Upkeep,
    private readonly context: EnforceContext,
    private readonly events: WorkerEvents,
  ) {
    this.#leaving = new Leaving(upkeep);
  }

  /** Entries that have no verdict yet. */
  get pending(): number {
    return this.#pending;
  }

  /** True while a call of the backend takes longer than anybody should wait for. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** True while a call of the backend takes so long that it may never end. */
  get hangs(): boolean {
    return this.#hangs;
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
    (work.batch.length <= FEW ? this.#few : this.#many).push(work);
    this.wake();
  }

  /** Counts from now on what becomes of rows that differed. */
  startCount(): void {
    this.#counted = { added: 0, deleted: 0, failed: 0 };
  }

  takeCount(): Mended {
    const counted = this.#counted ?? { added: 0, deleted: 0, failed: 0 };
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
    this.#cancelProbe?.();
  }

  get #hasWork(): boolean {
    return this.#few.length + this.#many.length + this.upkeep.queue.length > 0;
  }

  async #run(): Promise<void> {
    let manyNext = false;
    while (this.#hasWork && !this.#stopped) {
      // A list that waits gets every other turn, however many single bans come.
      const work = manyNext ? (this.#many[0] ?? this.#few[0]) : (this.#few[0] ?? this.#many[0]);
      manyNext = !manyNext;
      try {
        if (work !== undefined) await this.#applyEntries(work);
        else await this.#applyQueued();
      } catch (error) {
        // What it was about is out of the queues, so that this does not go round for ever.
        this.upkeep.owes = true;
        this.#warn(error);
      }
      this.#probe();
      this.events.worked();
      if (this.#many.length + this.upkeep.queue.length > 0) await nextTurn();
    }
  }

  async #applyEntries(first: EntryWork): Promise<void> {
    const works = this.#take(first);
    const slices = works.map(({ work, from, to }) => work.rows.subarray(from, to));
    const rows = slices.length === 1 && slices[0] ? slices[0] : join(slices);
    const verdicts = await this.#apply(rows);
    const now = nowUnix(this.context.clock);
    let start = 0;
    for (const { work, from, to } of works) {
      const own = works.length === 1 ? verdicts : verdicts.slice(start, start + to - from);
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
    const detail = error instanceof Error ? error.message : String(error);
    this.context.warn(`internal error while set ${this.upkeep.set} was edited: ${detail}`);
  }

  /** Takes from the queue what goes into one call: many small works, or a part of a large one. */
  #take(first: EntryWork): { work: EntryWork; from: number; to: number }[] {
    if (first !== this.#few[0]) {
      const from = first.next;
      const to = Math.min(from + SLICE, first.batch.length);
      first.next = to;
      if (to === first.batch.length) this.#many.shift();
      return [{ work: first, from, to }];
    }
    const taken = [];
    let count = 0;
    let works = 0;
    for (const work of this.#few) {
      if (count > 0 && count + work.batch.length > SLICE) break;
      taken.push({ work, from: 0, to: work.batch.length });
      count += work.batch.length;
      works += 1;
    }
    this.#few.splice(0, works);
    return taken;
  }

  /** Rows that differ because time, policy, room or the set itself have changed. */
  async #applyQueued(): Promise<void> {
    const { queue, plan } = this.upkeep;
    const rows = new Int32Array(Math.min(SLICE, queue.length));
    for (let index = 0; index < rows.length; index++) {
      const row = queue.shift();
      rows[index] = row;
      plan.unmark(row, FLAG.QUEUED);
    }
    const endings = rows.filter((row) => plan.has(row, FLAG.ENDED));
    const isMended = Array.from(rows, (row) => !plan.has(row, FLAG.ENDED));
    const ended = plan.addresses(endings, endings.length);
    for (const row of endings) plan.unmark(row, FLAG.ENDED);
    const verdicts = await this.#apply(rows);
    const byRow = new Map(
      endings.length === 0 ? [] : [...rows.keys()].map((index) => [rows[index], verdicts[index]]),
    );
    this.#tellEnded(endings, ended, byRow);
    verdicts.forEach((verdict, index) => {
      if (isMended[index] === true) this.#countMended(verdict);
    });
    this.#tidy(rows, verdicts);
  }

  /** Bans whose time was over, and which the set would have kept. */
  #tellEnded(
    rows: Int32Array,
    addresses: ReturnType<Upkeep['plan']['addresses']>,
    verdicts: ReadonlyMap<number | undefined, RowVerdict | undefined>,
  ): void {
    if (rows.length === 0) return;
    const target = this.upkeep.target;
    const set = target.ok ? target.value : this.upkeep.set;
    const done = [...rows.keys()].filter((index) => verdicts.get(rows[index]) === 'deleted');
    const telling = new Telling('ledger', set, done.length, this.events.audience, 'entry');
    for (const index of done) {
      if (!telling.wants('ended', 'ban')) continue;
      const address = addressAt(addresses, index).text;
      telling.tell({ via: 'ledger', set, address, outcome: 'ended' }, 0);
    }
  }

  #countMended(verdict: RowVerdict): void {
    const counted = this.#counted;
    if (counted === undefined) return;
    if (typeof verdict === 'object') {
      counted.failed += 1;
      counted.failure ??= verdict.detail;
    } else if (verdict === 'added') counted.added += 1;
    else if (verdict === 'deleted') counted.deleted += 1;
  }

  async #apply(rows: Int32Array): Promise<readonly RowVerdict[]> {
    const expectAnswer = this.#expectAnswer();
    try {
      return await applyRows(this.upkeep, this.context, rows);
    } catch (error) {
      // A fault of ours costs these entries their verdict, and nothing that comes behind them.
      this.#warn(error);
      giveUpRows(this.upkeep, rows);
      const detail = error instanceof Error ? error.message : String(error);
      return Array.from(rows, () => ({ fault: 'unknown', detail: `internal error: ${detail}` }));
    } finally {
      expectAnswer();
    }
  }

  /** @returns what is to be called when the answer is there */
  #expectAnswer(): () => void {
    let cancel = this.context.clock.after(HALF_PATIENCE_MS, () => {
      cancel = this.context.clock.after(HALF_PATIENCE_MS, () => {
        this.#isStuck = true;
        cancel = this.context.clock.after(HANGS_AFTER_MS, () => {
          this.#hangs = true;
        });
      });
    });
    return () => {
      cancel();
      this.#isStuck = false;
      this.#hangs = false;
    };
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
    const isFull = verdicts.some(isSetFull);
    if (isFull) this.#probed = 0;
    if (deleted > 0 && !isFull) this.upkeep.admitWaiting(deleted);
    else if (this.#probed > 0 && this.upkeep.queue.length === 0) this.#letIn(2 * this.#probed);
    this.#leaving.release();
  }

  /**
   * Bans wait for room, and some may have come free behind our back: the kernel drops what is over,
   * people delete. A second later one is let in, and twice as many each time that all went well.
   */
  #probe(): void {
    if (this.#cancelProbe !== undefined || this.#stopped) return;
    if (this.upkeep.waiting.length === 0) return;
    this.#cancelProbe = this.context.clock.after(PROBE_MS, () => {
      this.#cancelProbe = undefined;
      if (this.#stopped || this.#isStuck) return;
      if (this.upkeep.queue.length === 0) this.#letIn(1);
      this.wake();
    });
  }

  #letIn(count: number): void {
    this.upkeep.admitWaiting(count);
    this.#probed = this.upkeep.queue.length > 0 ? count : 0;
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

function isSetFull(verdict: RowVerdict): boolean {
  return typeof verdict === 'object' && verdict.fault === 'set-full';
}

function join(parts: readonly Int32Array[]): Int32Array {
  const joined = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

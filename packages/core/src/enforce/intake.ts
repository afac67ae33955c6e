import { addressAt, selectAddresses } from '../address/address-columns.js';
import type { Journal } from '../journal/journal.js';
import { UNBAN, type PlacedColumns } from '../message/entry-columns.js';
import { TimeSlice } from '../system/time-slice.js';
import type { SetName } from '../words/names.js';
import {
  acceptEntries,
  ACCEPTED_TOGETHER,
  startAccepting,
  type Accepting,
} from './accept-entries.js';
import { LateAcknowledgements, type Awaited, type Conditions } from './late-acknowledgements.js';
import { BoundWarnings } from './ledger-refusal.js';
import type { Minders } from './minders.js';
import { Patience } from './patience.js';
import type { Telling } from './telling.js';
import { NOT_ALLOWED, UNKNOWN } from './upkeep.js';
import type { EnforceContext } from './enforce-context.js';

/** More entries than this waiting, and a message is acknowledged only once it is applied. */
const HIGH_WATER = 100_000;
/** Of more than these the kernel is told while what comes behind them is accepted. */
const AWAITED_ENTRIES = 512;
/** How long a message waits for the kernel before it is acknowledged all the same. */
const PATIENCE_MS = 1_000;

/** Entries for one set, and who hears what becomes of them. */
export interface SetEntries {
  readonly set: SetName;
  readonly batch: PlacedColumns;
  /** By `batch.messages`. */
  readonly tellings: readonly Telling[];
  /** See `EntryWork`. Default: every sweep does. */
  readonly purgesSinceMs?: number;
}

/** What `submit` promises. */
export interface Submission {
  /**
   * The entries survive a crash of the process, but for those of the messages that come with a
   * condition of their own: they do so once that resolves.
   */
  readonly kept: Promise<Conditions>;
  /** Every entry has been told. */
  readonly done: Promise<void>;
}

/** Takes entries into ledger, plan and journal, and says when they are safe. */
export class Intake {
  readonly #bounds: BoundWarnings;
  readonly #late: LateAcknowledgements;
  readonly #patience: Patience;

  /** @param taken is called when entries are in the ledger of these sets */
  constructor(
    private readonly context: EnforceContext,
    private readonly journal: Journal,
    private readonly minders: Minders,
    private readonly taken: (sets: ReadonlySet<SetName>) => void,
  ) {
    this.#bounds = new BoundWarnings(context.warn);
    this.#late = new LateAcknowledgements(journal, context.warn);
    this.#patience = new Patience(context.clock, PATIENCE_MS);
  }

  submit(entries: readonly SetEntries[]): Submission {
    const accepting = entries.map(({ set, batch, tellings, purgesSinceMs }) => {
      const { upkeep, worker } = this.minders.of(set, batch.family);
      const one = startAccepting(upkeep, batch, tellings, purgesSinceMs);
      worker.expect(one.work);
      return one;
    });
    // One nearly always.
    const done = accepting.length === 1 && accepting[0] ? accepting[0].told : allTold(accepting);
    return { kept: this.#keep(accepting, done), done };
  }

  /** The journal was written. */
  journalWritten(): void {
    this.#late.journalWritten();
  }

  async #keep(accepting: readonly Accepting[], done: Promise<void>): Promise<Conditions> {
    let slice: TimeSlice | undefined;
    const { journal } = this;
    for (const one of accepting) {
      const { length } = one.work.batch;
      for (let from = 0; from < length; from += ACCEPTED_TOGETHER) {
        const to = Math.min(from + ACCEPTED_TOGETHER, length);
        if (to < length) slice ??= new TimeSlice();
        acceptEntries(one, from, to, this.context.clock.nowMs());
        // Before anything else can learn of them: an equal message is acknowledged for they are known.
        this.#append(one, from, to);
        if (slice?.isOver === true && to < length) await slice.breathe();
      }
      const { upkeep, work } = one;
      this.#sayFaults(work.faults);
      this.#bounds.count(work.merged);
      this.minders.of(upkeep.set, upkeep.family).worker.add(work);
    }
    this.taken(new Set(accepting.map(({ upkeep }) => upkeep.set)));
    const isKept = journal.durable;
    const works = accepting.map(({ work }) => work);
    const isQuick =
      works.every(({ batch }) => batch.length <= AWAITED_ENTRIES) && this.#isQuick(accepting);
    if (isQuick || this.minders.pending > HIGH_WATER) await this.#patience.wait(done);
    return isKept ? [] : this.#conditions(accepting);
  }

  /** What is in memory only is safe once the journal is whole again; without one, in the kernel. */
  #conditions(accepting: readonly Accepting[]): Conditions {
    const { journal } = this;
    const awaited = accepting.flatMap((one): Awaited[] => {
      const { batch } = one.work;
      if (journal.stale) return [{ batch, condition: this.#late.whole }];
      if (journal.durable) return [];
      const condition = this.minders.of(one.upkeep.set, one.upkeep.family).settled(one);
      return condition === undefined ? [] : [{ batch, condition }];
    });
    return this.#late.of(awaited);
  }

  /** Of a message one: the others are told by their reports. */
  #sayFaults(faults: ReadonlyMap<number, string>): void {
    const [first] = faults.values();
    if (first === undefined) return;
    const what = faults.size === 1 ? 'an entry was' : `${String(faults.size)} entries were`;
    this.context.warn(`internal error while ${what} accepted: ${first}`);
  }

  /** What asks nothing of the kernel is noted as done at once: an unban, a ban that is not allowed. */
  #append({ upkeep, work, news }: Accepting, from: number, to: number): void {
    const { journal } = this;
    if (!news.includes(1, from)) return;
    const { batch, rows } = work;
    const done: number[] = [];
    for (let index = from; index < to; index++) {
      const row = rows[index] ?? UNKNOWN;
      if (news[index] !== 1 || row >= 0) continue;
      if (batch.actions[index] === UNBAN) done.push(index);
      else if (row === NOT_ALLOWED && !upkeep.mayHold(batch, index)) done.push(index);
    }
    if (done.length === 0) {
      journal.append(upkeep.set, batch, news);
    } else {
      journal.together(() => {
        journal.append(upkeep.set, batch, news);
        journal.note(upkeep.set, 'cleared', selectAddresses(batch, done));
      });
    }
    news.fill(0, from, to);
  }

  /** Where the kernel is told within microseconds, that is awaited: a broker feels when it is slow. */
  #isQuick(accepting: readonly Accepting[]): boolean {
    const { backend } = this.context;
    return accepting.every(({ upkeep, work: { batch } }) => {
      const minder = this.minders.of(upkeep.set, upkeep.family);
      if (minder.worker.pending > batch.length || batch.length === 0) return false;
      return backend.immediate?.(addressAt(batch, 0)) ?? false;
    });
  }
}

async function allTold(accepting: readonly Accepting[]): Promise<void> {
  for (const { told } of accepting) await told;
}

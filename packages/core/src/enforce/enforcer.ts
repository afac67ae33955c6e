import { addressAt, selectAddresses, type AddressColumns } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import type { Backend } from '../backend/backend.js';
import type { Journal } from '../journal/journal.js';
import { Ledger, type LedgerOptions } from '../ledger/ledger.js';
import type { Page } from '../ledger/page.js';
import type { EntryBatch } from '../message/entry-batch.js';
import { UNBAN } from '../message/entry-columns.js';
import { addedProtection } from '../policy/added-protection.js';
import type { Policy } from '../policy/decide-ban.js';
import type { Clock } from '../system/clock.js';
import { TimeSlice } from '../system/time-slice.js';
import type { SetName } from '../words/names.js';
import {
  acceptEntries,
  ACCEPTED_TOGETHER,
  startAccepting,
  type Accepting,
} from './accept-entries.js';
import { Calendar } from './calendar.js';
import { BoundWarnings } from './ledger-refusal.js';
import type { CreateOptions } from './create-options.js';
import type { ReconcileSummary, SetState } from './report.js';
import { reconsider } from './reconsider.js';
import { restoreLedger, type FindUpkeep } from './restore-ledger.js';
import { snapshot } from './snapshot.js';
import { FAMILIES, SetCare } from './set-care.js';
import { SetMinder } from './set-minder.js';
import { SetWatch } from './set-watch.js';
import { SetWorker } from './set-worker.js';
import type { Audience, Telling } from './telling.js';
import { Upkeep, type EnforceContext, type Refused } from './upkeep.js';

/** More entries than this waiting, and a message is acknowledged only once it is applied. */
const HIGH_WATER = 100_000;
/** How long the start waits for the first comparison of the sets: a large one goes on behind it. */
const FIRST_LOOK_MS = 250;
/** How long a message waits for the kernel before it is acknowledged all the same. */
const PATIENCE_MS = 1_000;

export interface EnforcerOptions {
  readonly backend: Backend;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly policy: Policy;
  readonly ledger?: LedgerOptions;
  readonly sets: readonly SetName[];
  readonly create: CreateOptions | undefined;
  readonly checkIntervalMs: number;
  readonly audience: Audience;
  readonly setChanged: (state: SetState) => void;
  readonly reconciled: (summary: ReconcileSummary) => void;
  /** The sets have been looked at. */
  readonly checked: () => void;
  /** Something that was asked for is done. */
  readonly worked: () => void;
  /** Numbers of bans may have changed. */
  readonly booksChanged: () => void;
  readonly warn: (sentence: string) => void;
}

/** Entries for one set, and who hears what becomes of them. */
export interface SetEntries {
  readonly set: SetName;
  readonly batch: EntryBatch;
  /** By `batch.messages`. */
  readonly tellings: readonly Telling[];
}

/** What `submit` promises. */
export interface Submission {
  /** The entries survive a crash of the process, or are in the kernel. */
  readonly kept: Promise<void>;
  /** Every entry has been told. */
  readonly done: Promise<void>;
}

export type SetStatus = SetState & { bans: number; pending: number; refused: number };

/** ledger → plan → backend: takes entries, brings them into kernel sets and keeps them there. */
export class Enforcer {
  readonly #context: EnforceContext;
  readonly #options: EnforcerOptions;
  readonly #ledger: Ledger;
  readonly #care: SetCare;
  readonly #calendar: Calendar;
  readonly #bounds: BoundWarnings;
  readonly #minders = new Map<SetName, Record<Family, SetMinder>>();
  #cancelCheck: (() => void) | undefined;
  #unwatch: (() => void) | undefined;
  #checking: Promise<void> = Promise.resolve();
  #applyingPolicy: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: EnforcerOptions) {
    const { backend, clock, policy, warn } = options;
    this.#options = options;
    this.#ledger = new Ledger(options.ledger);
    this.#bounds = new BoundWarnings(warn);
    this.#context = {
      backend,
      clock,
      policy,
      warn,
      notes: options.journal,
      watch: new SetWatch(backend, options.setChanged),
    };
    this.#care = new SetCare(this.#context, options.sets, options.create);
    this.#calendar = new Calendar(this.#ledger, clock, (page, due) => {
      this.#endBans(page, due);
    });
  }

  /** Reads the ledger, looks at the sets, adopts what they hold and applies the difference. */
  async start(): Promise<void> {
    await this.#care.lookAtAll();
    const { journal, audience, clock } = this.#options;
    const find: FindUpkeep = (set, family) => this.#minder(set, family).upkeep;
    for (const { upkeep } of this.#bound()) upkeep.refold(upkeep.info?.netmask);
    const isRefused = await restoreLedger(journal, this.#ledger, find, clock);
    for (const minder of this.#bound()) await minder.settleDefault();
    await this.#calendar.catchUp();
    for (const minder of this.#bound()) {
      if (isRefused) await reconsider(minder.upkeep, audience, 'ledger');
      await minder.settleRestored();
    }
    this.#unwatch = this.#options.backend.watch?.((set) => {
      for (const minder of this.#bound()) minder.suspect(set);
    });
    await this.#within(FIRST_LOOK_MS, this.check());
    this.#calendar.arm();
    this.#scheduleCheck();
  }

  submit(entries: readonly SetEntries[]): Submission {
    let open = entries.length;
    let finish = (): void => undefined;
    const done = new Promise<void>((resolve) => (finish = resolve));
    const finished = (): void => {
      open -= 1;
      if (open === 0) finish();
    };
    if (open === 0) finish();
    const accepting = entries.map(({ set, batch, tellings }) =>
      startAccepting(this.#minder(set, batch.family).upkeep, batch, tellings, finished),
    );
    return { kept: this.#keep(accepting, done), done };
  }

  async #keep(accepting: readonly Accepting[], done: Promise<void>): Promise<void> {
    const slice = new TimeSlice();
    const { journal } = this.#options;
    for (const one of accepting) {
      const { length } = one.work.batch;
      for (let from = 0; from < length; from += ACCEPTED_TOGETHER) {
        this.#acceptSlice(one, from, Math.min(from + ACCEPTED_TOGETHER, length));
        if (slice.isOver && from + ACCEPTED_TOGETHER < length) await slice.breathe();
      }
      const { upkeep, work } = one;
      this.#append(one);
      this.#bounds.count(work.merged);
      this.#minder(upkeep.set, upkeep.family).worker.add(work);
    }
    this.#calendar.arm();
    this.#options.booksChanged();
    if (!journal.durable) {
      await done;
      await this.#settled(accepting);
      return;
    }
    const works = accepting.map(({ work }) => work);
    const isQuick =
      works.every(({ batch }) => batch.length <= ACCEPTED_TOGETHER) && this.#isQuick(accepting);
    if (isQuick || this.pending > HIGH_WATER) await this.#within(PATIENCE_MS, done);
  }

  /** An unban that asks nothing of the kernel is noted as done at once. */
  #append({ upkeep, work, news }: Accepting): void {
    const { journal } = this.#options;
    if (!news.includes(1)) return;
    const { batch, rows } = work;
    const done: number[] = [];
    for (let index = 0; index < batch.length; index++) {
      const isNews = news[index] === 1 && batch.actions[index] === UNBAN;
      if (isNews && (rows[index] ?? 0) < 0) done.push(index);
    }
    journal.together(() => {
      journal.append(upkeep.set, batch, news);
      if (done.length > 0) journal.note(upkeep.set, 'cleared', selectAddresses(batch, done));
    });
  }

  /** A fault of ours in one entry costs that entry, and not those beside it. */
  #acceptSlice(accepting: Accepting, from: number, to: number): void {
    const nowMs = this.#context.clock.nowMs();
    try {
      acceptEntries(accepting, from, to, nowMs);
    } catch (error) {
      if (to - from > 1) {
        for (let index = from; index < to; index++) this.#acceptSlice(accepting, index, index + 1);
        return;
      }
      const detail = error instanceof Error ? error.message : String(error);
      this.#context.warn(`internal error while an entry was accepted: ${detail}`);
    }
  }

  /** Where the kernel is told within microseconds, that is awaited: a broker feels when it is slow. */
  #isQuick(accepting: readonly Accepting[]): boolean {
    const { backend } = this.#context;
    return accepting.every(({ upkeep, work: { batch } }) => {
      const minder = this.#minder(upkeep.set, upkeep.family);
      if (minder.worker.pending > batch.length || batch.length === 0) return false;
      return backend.immediate?.(addressAt(batch, 0)) ?? false;
    });
  }

  /** Waits, but not for a kernel or a program that does not answer: the journal has kept it. */
  async #within(milliseconds: number, done: Promise<void>): Promise<void> {
    let cancel = (): void => undefined;
    const patience = new Promise<void>((resolve) => {
      cancel = this.#context.clock.after(milliseconds, resolve);
    });
    await Promise.race([done, patience]);
    cancel();
  }

  /** Without a journal: when the kernel holds what was asked for. */
  async #settled(accepting: readonly Accepting[]): Promise<void> {
    for (const { upkeep, work } of accepting) {
      if (work.unsettled === 0 || this.#closed) continue;
      await this.#minder(upkeep.set, upkeep.family).inStep();
    }
  }

  /** Entries that have no verdict yet. */
  get pending(): number {
    let sum = 0;
    for (const minder of this.#all()) sum += minder.worker.pending;
    return sum;
  }

  /** Whether policy forbids a ban, whoever asks for it. */
  refusal(set: SetName, columns: AddressColumns): { code: Refused; detail: string } | undefined {
    return this.#minder(set, columns.family).upkeep.refusal(columns, 0);
  }

  /** Looks at every set, creates what is missing where asked to, and mends what differs. */
  check(): Promise<void> {
    this.#checking = this.#checking.then(async () => {
      try {
        await this.#care.lookAtAll();
        // Side by side: one that does not answer is not to hold up the others.
        await Promise.all([...this.#bound()].map((minder) => minder.check()));
        const { journal } = this.#options;
        await journal.tend(() =>
          snapshot(this.#ledger, (set, family) => this.#minder(set, family).upkeep),
        );
        this.#options.booksChanged();
        this.#options.checked();
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        this.#context.warn(`internal error while the sets were looked at: ${detail}`);
      }
    });
    return this.#checking;
  }

  reconfigure(sets: readonly SetName[], create: CreateOptions | undefined): Promise<void> {
    this.#care.take(sets, create);
    return this.check();
  }

  /** Takes a new policy: lifts the bans that it does not allow, and enforces those that it does. */
  setPolicy(policy: Policy): void {
    const added = addedProtection(this.#context.policy, policy);
    this.#context.policy = policy;
    this.#applyingPolicy = this.#applyingPolicy.then(async () => {
      for (const minder of this.#bound()) {
        await reconsider(minder.upkeep, this.#options.audience, 'policy', added);
        minder.worker.wake();
      }
    });
  }

  /** Resolves once what the present policy does not allow is lifted, as far as kernels answer. */
  async policyApplied(): Promise<void> {
    await this.#applyingPolicy;
    await Promise.all([...this.#bound()].map((minder) => minder.idle()));
  }

  /** The wall clock was set: the kernel's timeouts have not moved with it. */
  async clockStepped(byMs: number): Promise<void> {
    for (const minder of this.#all()) await minder.shift(byMs / 1000);
    this.#calendar.rearm();
  }

  /** The kernel sets that the bound sets come to, with what the ledger holds for each. */
  status(): SetStatus[] {
    const { watch } = this.#context;
    return [...this.#bound()].flatMap(({ upkeep }) => {
      const { target, plan, page, set, family } = upkeep;
      const shown = target.ok && (target.value !== set || this.#isHome(set, family));
      if (!shown) return [];
      const bans = plan.wantedCount - plan.impossibleCount;
      const refused = Math.max(0, page.bans - bans);
      return [{ ...watch.state(target.value), bans, pending: plan.lackingCount, refused }];
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelCheck?.();
    this.#calendar.close();
    this.#unwatch?.();
    await this.#checking;
    for (const minder of this.#all()) await minder.close();
    await this.#options.journal.close();
    await this.#options.backend.close();
  }

  #minder(set: SetName, family: Family): SetMinder {
    let minders = this.#minders.get(set);
    if (minders === undefined) {
      minders = { ipv4: this.#makeMinder(set, 'ipv4'), ipv6: this.#makeMinder(set, 'ipv6') };
      this.#minders.set(set, minders);
    }
    return minders[family];
  }

  #makeMinder(set: SetName, family: Family): SetMinder {
    const { audience, worked, reconciled, booksChanged } = this.#options;
    const upkeep = new Upkeep(set, this.#ledger.page(set, family), this.#context);
    const events = {
      audience,
      reconciled,
      worked: () => {
        worked();
        booksChanged();
      },
    };
    const worker = new SetWorker(upkeep, this.#context, events);
    return new SetMinder(upkeep, worker, this.#context, this.#care, events);
  }

  *#all(): Generator<SetMinder> {
    for (const minders of this.#minders.values()) yield* Object.values(minders);
  }

  *#bound(): Generator<SetMinder> {
    for (const set of this.#care.sets) {
      for (const family of FAMILIES) yield this.#minder(set, family);
    }
  }

  /** Whether a set's own line in the status stands for this family. */
  #isHome(set: SetName, family: Family): boolean {
    const info = this.#context.watch.info(set);
    return info ? info.family === family : family === 'ipv4';
  }

  #endBans(page: Page, due: AddressColumns): void {
    this.#minder(page.set, page.family).follow(due);
    this.#options.booksChanged();
  }

  #scheduleCheck(): void {
    this.#cancelCheck = this.#context.clock.after(this.#options.checkIntervalMs, () => {
      void this.check().then(() => {
        if (!this.#closed) this.#scheduleCheck();
      });
    });
  }
}

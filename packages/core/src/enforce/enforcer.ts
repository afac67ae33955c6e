import { addressAt, selectAddresses, type AddressColumns } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import type { Backend } from '../backend/backend.js';
import type { Journal } from '../journal/journal.js';
import { ipv6Companion } from '../policy/route-family.js';
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
import { Coalesced } from './coalesced.js';
import { LateAcknowledgements, type Awaited, type Conditions } from './late-acknowledgements.js';
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
import { NOT_ALLOWED, UNKNOWN, Upkeep, type EnforceContext, type Refused } from './upkeep.js';

/** More entries than this waiting, and a message is acknowledged only once it is applied. */
const HIGH_WATER = 100_000;
/** Of more than these the kernel is told while what comes behind them is accepted. */
const AWAITED_ENTRIES = 512;
/** How long the start waits for the first comparison of the sets. */
const FIRST_LOOK_MS = 250;
/** With a larger ledger it goes on behind the start: in that time it would not come to its end. */
const FIRST_LOOK_REGISTERS = 100_000;
/** How long a message waits for the kernel before it is acknowledged all the same. */
const PATIENCE_MS = 1_000;
/** How long the start waits to hear what the sets are: a program that hangs is not waited for. */
const FIRST_WORD_MS = 2_000;
/** How long a round of checks is waited for before the next: one set may take as long as it likes. */
const ROUND_MS = 5_000;
/** Behind an event of the kernel: more of them come mostly. */
const EVENT_MS = 200;
const TEND_EVERY_MS = 1_000;
/** How long `close` waits for what is under way, and then for what it has broken off. */
const CLOSE_MS = 3_000;
const BREAK_OFF_MS = 1_000;

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
  /** The ledger has been read; the latest stamp in it, Unix milliseconds. */
  readonly restored: (latestStamp: number) => void;
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

/** What went wrong, in words. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
  /**
   * The entries survive a crash of the process, but for those of the messages that come with a
   * condition of their own: they do so once that resolves.
   */
  readonly kept: Promise<Conditions>;
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
  readonly #late: LateAcknowledgements;
  readonly #checks = new Map<SetName, Coalesced>();
  /** Checks that an event has asked for. */
  readonly #soon = new Map<SetName, () => void>();
  #cancelCheck: (() => void) | undefined;
  #cancelTending: (() => void) | undefined;
  #unwatch: (() => void) | undefined;
  #tending: Promise<void> = Promise.resolve();
  #applyingPolicy: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: EnforcerOptions) {
    const { backend, clock, policy, warn } = options;
    this.#options = options;
    this.#ledger = new Ledger(options.ledger);
    this.#bounds = new BoundWarnings(warn);
    this.#late = new LateAcknowledgements(options.journal, warn);
    this.#context = {
      backend,
      clock,
      policy,
      warn,
      notes: options.journal,
      watch: new SetWatch(backend, options.setChanged),
    };
    this.#care = new SetCare(this.#context, options.sets, options.create);
    this.#calendar = new Calendar(
      this.#ledger,
      clock,
      (page, due) => {
        this.#endBans(page, due);
      },
      (error) => {
        warn(`internal error while bans ended: ${messageOf(error)}`);
      },
    );
  }

  /** Reads the ledger, looks at the sets, adopts what they hold and applies the difference. */
  async start(): Promise<void> {
    await this.#within(FIRST_WORD_MS, this.#care.lookAtAll());
    const { journal, audience, clock } = this.#options;
    const find: FindUpkeep = (set, family) => this.#minder(set, family).upkeep;
    for (const { upkeep } of this.#bound()) upkeep.refold(upkeep.info?.netmask);
    const { isRefused, latestStamp } = await restoreLedger(journal, this.#ledger, find, clock);
    this.#options.restored(latestStamp);
    for (const minder of this.#bound()) await minder.settleDefault();
    await this.#calendar.catchUp();
    for (const minder of this.#bound()) {
      if (isRefused) await reconsider(minder.upkeep, audience, 'ledger');
      await minder.settleRestored();
    }
    this.#unwatch = this.#watch();
    const looked = this.check();
    const isSmall = this.#ledger.size.registers <= FIRST_LOOK_REGISTERS;
    if (isSmall) await this.#within(FIRST_LOOK_MS, looked);
    this.#calendar.arm();
    this.#scheduleCheck();
    this.#scheduleTending();
  }

  submit(entries: readonly SetEntries[]): Submission {
    const accepting = entries.map(({ set, batch, tellings }) => {
      const { upkeep, worker } = this.#minder(set, batch.family);
      const one = startAccepting(upkeep, batch, tellings);
      worker.expect(one.work);
      return one;
    });
    const done = Promise.all(accepting.map(({ told }) => told)).then(() => undefined);
    return { kept: this.#keep(accepting, done), done };
  }

  async #keep(accepting: readonly Accepting[], done: Promise<void>): Promise<Conditions> {
    const slice = new TimeSlice();
    const { journal } = this.#options;
    for (const one of accepting) {
      const { length } = one.work.batch;
      for (let from = 0; from < length; from += ACCEPTED_TOGETHER) {
        const to = Math.min(from + ACCEPTED_TOGETHER, length);
        acceptEntries(one, from, to, this.#context.clock.nowMs());
        if (slice.isOver && from + ACCEPTED_TOGETHER < length) await slice.breathe();
      }
      const { upkeep, work } = one;
      this.#sayFaults(work.faults);
      this.#append(one);
      this.#bounds.count(work.merged);
      this.#minder(upkeep.set, upkeep.family).worker.add(work);
    }
    this.#calendar.arm();
    this.#options.booksChanged();
    const isKept = journal.durable;
    const works = accepting.map(({ work }) => work);
    const isQuick =
      works.every(({ batch }) => batch.length <= AWAITED_ENTRIES) && this.#isQuick(accepting);
    if (isQuick || this.pending > HIGH_WATER) await this.#within(PATIENCE_MS, done);
    return isKept ? [] : this.#conditions(accepting);
  }

  /** What is in memory only is safe once the journal is whole again; without one, in the kernel. */
  #conditions(accepting: readonly Accepting[]): Conditions {
    const { journal } = this.#options;
    const awaited = accepting.flatMap((one): Awaited[] => {
      const { batch } = one.work;
      if (journal.stale) return [{ batch, condition: this.#late.whole }];
      if (journal.durable) return [];
      const condition = this.#minder(one.upkeep.set, one.upkeep.family).settled(one);
      return condition === undefined ? [] : [{ batch, condition }];
    });
    return this.#late.of(awaited);
  }

  /** Of a message one: the others are told by their reports. */
  #sayFaults(faults: ReadonlyMap<number, string>): void {
    const [first] = faults.values();
    if (first === undefined) return;
    const what = faults.size === 1 ? 'an entry was' : `${String(faults.size)} entries were`;
    this.#context.warn(`internal error while ${what} accepted: ${first}`);
  }

  /** What asks nothing of the kernel is noted as done at once: an unban, a ban that is not allowed. */
  #append({ upkeep, work, news }: Accepting): void {
    const { journal } = this.#options;
    if (!news.includes(1)) return;
    const { batch, rows } = work;
    const done: number[] = [];
    for (let index = 0; index < batch.length; index++) {
      const row = rows[index] ?? UNKNOWN;
      if (news[index] !== 1 || row >= 0) continue;
      if (batch.actions[index] === UNBAN) done.push(index);
      else if (row === NOT_ALLOWED && !upkeep.mayHold(batch, index)) done.push(index);
    }
    journal.together(() => {
      journal.append(upkeep.set, batch, news);
      if (done.length > 0) journal.note(upkeep.set, 'cleared', selectAddresses(batch, done));
    });
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
  async check(): Promise<void> {
    // Side by side: one that does not answer is not to hold up the others.
    await Promise.all(this.#care.sets.map((set) => this.#checkOne(set)));
    this.#options.booksChanged();
    this.#options.checked();
    if (![...this.#all()].some(({ worker }) => worker.isStuck)) this.#options.worked();
  }

  #checkOne(set: SetName): Promise<void> {
    let check = this.#checks.get(set);
    if (check === undefined) {
      check = new Coalesced(() => this.#lookAfter(set));
      this.#checks.set(set, check);
    }
    return check.run();
  }

  async #lookAfter(set: SetName): Promise<void> {
    try {
      await this.#care.look(set);
    } catch (error) {
      this.#context.warn(`internal error while set ${set} was looked at: ${messageOf(error)}`);
    }
    await Promise.all(FAMILIES.map((family) => this.#compare(this.#minder(set, family))));
  }

  /** Looks at what somebody else has changed, where the kernel tells. */
  #watch(): (() => void) | undefined {
    return this.#options.backend.watch?.((changed) => {
      for (const set of this.#care.sets) {
        if (set !== changed && ipv6Companion(set) !== changed) continue;
        for (const family of FAMILIES) this.#minder(set, family).suspect(changed);
        this.#checkSoon(set);
      }
    });
  }

  #checkSoon(set: SetName): void {
    if (this.#soon.has(set) || this.#closed) return;
    const rests = FAMILIES.map((family) => this.#minder(set, family).restMs);
    const cancel = this.#context.clock.after(Math.max(EVENT_MS, ...rests), () => {
      this.#soon.delete(set);
      void this.#checkOne(set);
    });
    this.#soon.set(set, cancel);
  }

  async #tend(): Promise<void> {
    await this.#options.journal.tend(
      () => snapshot(this.#ledger, (set, family) => this.#minder(set, family).upkeep),
      this.#ledger.size.registers,
    );
    this.#late.journalWritten();
  }

  #scheduleTending(): void {
    this.#cancelTending = this.#context.clock.after(TEND_EVERY_MS, () => {
      this.#tending = this.#tend().then(() => {
        if (!this.#closed) this.#scheduleTending();
      });
    });
  }

  /** A fault of ours with one set is not to keep the others from being looked at. */
  async #compare(minder: SetMinder): Promise<void> {
    try {
      await minder.check();
    } catch (error) {
      const { set } = minder.upkeep;
      this.#context.warn(`internal error while set ${set} was compared: ${messageOf(error)}`);
    }
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
      const lifting: Promise<void>[] = [];
      for (const minder of this.#bound()) {
        let lifted = 0;
        try {
          lifted = await reconsider(minder.upkeep, this.#options.audience, 'policy', added);
        } catch (error) {
          minder.upkeep.reopened = true;
          this.#context.warn(`internal error while a policy was applied: ${messageOf(error)}`);
        }
        minder.worker.wake();
        if (lifted > 0) lifting.push(minder.idle());
      }
      await Promise.all(lifting);
    });
  }

  /** Resolves once what the present policy does not allow is lifted, as far as kernels answer. */
  policyApplied(): Promise<void> {
    return this.#applyingPolicy;
  }

  /** The wall clock was set: the kernel's timeouts have not moved with it. */
  async clockStepped(byMs: number): Promise<void> {
    if (byMs < 0) {
      let restamped = 0;
      for (const page of this.#ledger.pages()) {
        restamped += page.stepBack(this.#context.clock.nowMs(), -byMs);
      }
      if (restamped > 0) this.#options.journal.outdate();
    }
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

  /** Finishes what is under way, for some seconds; what a program that hangs holds up is broken off. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelCheck?.();
    this.#cancelTending?.();
    this.#calendar.close();
    this.#unwatch?.();
    for (const cancel of this.#soon.values()) cancel();
    const { backend, journal } = this.#options;
    const workers = [...this.#all()].map(({ worker }) => worker);
    const idle = async (): Promise<void> => {
      await Promise.all([...this.#checks.values()].map((check) => check.idle()));
      await Promise.all(workers.map((worker) => worker.idle()));
    };
    await this.#within(CLOSE_MS, idle());
    for (const worker of workers) worker.stop();
    await this.#within(BREAK_OFF_MS, backend.close());
    // Ends the programs, and so what has waited for them: the last verdicts go into the journal.
    await this.#within(BREAK_OFF_MS, idle());
    await this.#tending;
    await journal.close();
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
        // What one set does is no sign of life for another that hangs for good.
        if (![...this.#all()].some((minder) => minder.worker.hangs)) worked();
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
      void this.#within(ROUND_MS, this.check()).then(() => {
        if (!this.#closed) this.#scheduleCheck();
      });
    });
  }
}

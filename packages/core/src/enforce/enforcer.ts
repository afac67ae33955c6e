import { addressColumns, type AddressColumns } from '../address/address-columns.js';
import type { Address, Family } from '../address/address.js';
import type { Backend } from '../backend/backend.js';
import type { Journal } from '../journal/journal.js';
import { Ledger, type LedgerOptions } from '../ledger/ledger.js';
import { changedProtection } from '../policy/changed-protection.js';
import type { Policy } from '../policy/decide-ban.js';
import { FLEET_LIMITS, PROTECT_SET } from '../policy/fleet-protection.js';
import type { ProtectedEntry } from '../policy/protect-list.js';
import type { SetPolicies } from '../policy/set-policy.js';
import type { SteadyClock } from '../system/clock.js';
import { messageOf } from '../words/message-of.js';
import type { SetName } from '../words/names.js';
import { goneState, heldState, type Asked, type AskedState } from './asked-state.js';
import { Calendar } from './calendar.js';
import { CheckRounds } from './check-rounds.js';
import type { CreateOptions } from './create-options.js';
import { explain, type Explanation } from './explain.js';
import { FirstLook } from './first-look.js';
import { FleetList, type FleetListOptions, type FleetListStatus } from './fleet-list.js';
import { Intake, type SetEntries, type Submission } from './intake.js';
import { JournalTending } from './journal-tending.js';
import type { LeaseRecord } from './lease-record.js';
import { listLeases, type LeaseListing } from './list-leases.js';
import { listedPage } from './listed-page.js';
import { Minders } from './minders.js';
import { nowUnix } from './now-unix.js';
import { PolicyChanges } from './policy-changes.js';
import type { ReconcileSummary, SetState } from './report.js';
import { reconsider } from './reconsider.js';
import { restoreLedger, type FindUpkeep } from './restore-ledger.js';
import { FAMILIES, SetCare } from './set-care.js';
import { SetMinder } from './set-minder.js';
import { setStatus, type SetStatus } from './set-status.js';
import { SetWatch } from './set-watch.js';
import { SetWorker } from './set-worker.js';
import type { Audience } from './telling.js';
import { Upkeep, type Refused } from './upkeep.js';
import type { EnforceContext } from './enforce-context.js';
import { within } from './within.js';

/** How long the start waits to hear what the sets are: a program that hangs is not waited for. */
const FIRST_WORD_MS = 2_000;
/** How long `close` waits for what is under way, and then for what it has broken off. */
const CLOSE_MS = 3_000;
const BREAK_OFF_MS = 1_000;

export interface EnforcerOptions {
  readonly backend: Backend;
  readonly journal: Journal;
  readonly clock: SteadyClock;
  readonly policy: Policy;
  readonly ledger?: LedgerOptions;
  readonly sets: readonly SetName[];
  readonly create: CreateOptions | undefined;
  readonly policies: SetPolicies;
  /** Keeps the fleet's protect list; `changed` is given each that takes the place of another. */
  readonly fleet?: Pick<FleetListOptions, 'audience'> & {
    readonly changed: (entries: readonly ProtectedEntry[]) => void;
  };
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
  /** The ledger of this set has taken something. */
  readonly merged: (set: SetName) => void;
  readonly warn: (sentence: string) => void;
}

/** ledger → plan → backend: takes entries, brings them into kernel sets and keeps them there. */
export class Enforcer {
  readonly #context: EnforceContext;
  readonly #options: EnforcerOptions;
  readonly #ledger: Ledger;
  readonly #care: SetCare;
  readonly #calendar: Calendar;
  readonly #minders: Minders;
  readonly #fleet: FleetList | undefined;
  readonly #intake: Intake;
  readonly #rounds: CheckRounds;
  readonly #firstLook: FirstLook;
  readonly #policyChanges: PolicyChanges;
  readonly #tending: JournalTending;
  readonly #find: FindUpkeep = (set, family) => this.#minders.of(set, family).upkeep;
  #policies: SetPolicies;

  constructor(options: EnforcerOptions) {
    const { backend, clock, policy, journal, warn } = options;
    this.#options = options;
    this.#policies = options.policies;
    this.#ledger = new Ledger({ apart: new Map([[PROTECT_SET, FLEET_LIMITS]]), ...options.ledger });
    this.#context = {
      backend,
      clock,
      policy,
      warn,
      notes: journal,
      watch: new SetWatch(backend, (state) => {
        options.setChanged(state);
        options.booksChanged();
      }),
    };
    this.#care = new SetCare(this.#context, options.sets, options.create);
    this.#calendar = new Calendar(
      this.#ledger,
      clock,
      ({ set, family }, due) => {
        this.#minders.of(set, family).follow(due);
        options.booksChanged();
      },
      (error) => {
        warn(`internal error while bans ended: ${messageOf(error)}`);
      },
    );
    this.#minders = new Minders(this.#care, (set, family) => this.#makeMinder(set, family));
    this.#fleet = this.#makeFleet();
    this.#intake = new Intake(this.#context, journal, this.#minders, (sets) => {
      for (const set of sets) options.merged(set);
      this.#calendar.arm();
      options.booksChanged();
    });
    this.#policyChanges = new PolicyChanges(this.#context, this.#minders, options.audience);
    this.#tending = new JournalTending(clock, journal, this.#ledger, this.#find, () => {
      this.#intake.journalWritten();
    });
    this.#firstLook = new FirstLook(
      clock,
      () => this.check(),
      () => this.#rounds.compareAll(),
    );
    this.#rounds = new CheckRounds(this.#context, this.#care, this.#minders, {
      everyMs: options.checkIntervalMs,
      looked: options.booksChanged,
      checked: () => {
        options.checked();
        if (![...this.#minders.all()].some(({ worker }) => worker.isStuck)) options.worked();
      },
    });
  }

  /** What all nodes share. To be changed by `submit` only. */
  get ledger(): Ledger {
    return this.#ledger;
  }

  /** Reads the ledger, looks at the sets, adopts what they hold and applies the difference. */
  async start(): Promise<void> {
    const { journal, audience, backend, clock } = this.#options;
    await within(clock, FIRST_WORD_MS, this.#care.lookAtAll());
    await this.#fleet?.care.lookAtAll();
    const mostLeases = Math.min(journal.mostLeases, this.#ledger.limits.registers);
    for (const { upkeep } of this.#minders.bound()) {
      upkeep.refold();
      upkeep.reserve(mostLeases);
    }
    const readBy = this.#context.policy;
    const restored = await restoreLedger(journal, this.#ledger, this.#find, clock);
    const { refusing, hasEnded, latestStamp } = restored;
    this.#options.restored(latestStamp);
    for (const minder of this.#minders.bound()) await minder.settleDefault();
    await this.#calendar.catchUp();
    const isAnother = this.#context.policy !== readBy;
    // A list that protects anything, this host alone even, is another policy than the ledger was read by.
    await this.#fleet?.start();
    const changed = isAnother ? undefined : changedProtection(readBy, this.#context.policy);
    this.#policyChanges.restored();
    for (const minder of this.#minders.bound()) {
      const { upkeep } = minder;
      await reconsider(upkeep, audience, 'ledger', refusing.has(upkeep) ? undefined : changed);
      if (hasEnded) await minder.settleRestored();
    }
    this.#rounds.watch(backend);
    await this.#firstLook.begin(this.#ledger.size.registers);
    this.#calendar.arm();
    this.#rounds.schedule();
    this.#tending.schedule();
  }

  /**
   * Nothing is to be waited for any more: begins the first comparison of the sets, where `start` has
   * put it off.
   */
  lookFirst(): void {
    this.#firstLook.now();
  }

  submit(entries: readonly SetEntries[]): Submission {
    return this.#intake.submit(entries);
  }

  /** Entries that have no verdict yet. */
  get pending(): number {
    return this.#minders.pending;
  }

  /** Whether policy forbids a ban, whoever asks for it. */
  refusal(set: SetName, columns: AddressColumns): { code: Refused; detail: string } | undefined {
    return this.#minders.of(set, columns.family).upkeep.refusal(columns, 0);
  }

  /** Looks at every set, creates what is missing where asked to, and mends what differs. */
  check(): Promise<void> {
    return this.#rounds.checkAll();
  }

  /** `check` that compares every member of every set, whether or not that is due. */
  reconcile(): Promise<void> {
    for (const minder of this.#minders.bound()) minder.compareNow();
    return this.check();
  }

  async reconfigure(
    sets: readonly SetName[],
    create: CreateOptions | undefined,
    policies: SetPolicies,
  ): Promise<void> {
    const before = new Set(this.#care.sets);
    this.#care.take(sets, create);
    this.#policies = policies;
    for (const minder of this.#minders.all()) {
      const { set } = minder.upkeep;
      // Nobody has asked of the bans of a set that was not bound whether they are protected by now.
      const isBack = sets.includes(set) && !before.has(set);
      await minder.takePolicy(policies.get(set) ?? {}, isBack);
    }
    this.#calendar.arm();
    await this.check();
  }

  /** Takes a new policy: lifts the bans that it does not allow, and enforces those that it does. */
  setPolicy(policy: Policy): void {
    this.#policyChanges.take(policy);
  }

  /** Resolves once what the present policy does not allow is lifted, as far as kernels answer. */
  policyApplied(): Promise<void> {
    return this.#policyChanges.applied();
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
    for (const minder of this.#minders.all()) await minder.shift(byMs / 1000);
    this.#calendar.rearm();
  }

  /** The kernel sets that the bound sets come to, with what the ledger holds for each. */
  status(): SetStatus[] {
    return setStatus(this.#minders);
  }

  /** @param sets undefined: in every set that is bound */
  explain(address: Address, sets?: readonly SetName[]): Promise<Explanation> {
    const upkeeps = (sets ?? this.#care.sets).map(
      (set) => this.#minders.of(set, address.family).upkeep,
    );
    return explain(address, upkeeps, this.#context);
  }

  /** How much the fleet's protect list holds; undefined: this node does not keep it. */
  get fleetList(): FleetListStatus | undefined {
    return this.#fleet?.status;
  }

  /** Whether a set holds the ban of an address (`held`), or holds it no more (`gone`). */
  askedState(kind: 'held' | 'gone', set: SetName, address: Address, asked: Asked): AskedState {
    const { upkeep } = this.#minders.of(set, address.family);
    const state = kind === 'held' ? heldState : goneState;
    return state(upkeep, address, asked, nowUnix(this.#context.clock));
  }

  /** Whether the kernel set of a set may hold an address by us; looked up, and no more. */
  mayHold(set: SetName, address: Address): boolean {
    const { upkeep } = this.#minders.of(set, address.family);
    return upkeep.mayHold(addressColumns(address.family, [address]), 0);
  }

  leases(set: SetName, listing: LeaseListing): AsyncIterable<LeaseRecord> {
    const pages = FAMILIES.map((family) => listedPage(this.#minders.of(set, family).upkeep));
    return listLeases(pages, listing, () => nowUnix(this.#context.clock));
  }

  /** Finishes what is under way, for some seconds; what a program that hangs holds up is broken off. */
  async close(): Promise<void> {
    this.#tending.stop();
    this.#firstLook.stop();
    this.#calendar.close();
    this.#rounds.stop();
    this.#fleet?.stop();
    const { backend, clock, journal } = this.#options;
    const workers = [...this.#minders.all()].map(({ worker }) => worker);
    const idle = async (): Promise<void> => {
      await this.#rounds.idle();
      await this.#fleet?.idle();
      await Promise.all(workers.map((worker) => worker.idle()));
    };
    await within(clock, CLOSE_MS, idle());
    for (const worker of workers) worker.stop();
    await within(clock, BREAK_OFF_MS, backend.close());
    // Ends the programs, and so what has waited for them: the last verdicts go into the journal.
    await within(clock, BREAK_OFF_MS, idle());
    await this.#tending.idle();
    await journal.close();
  }

  #makeFleet(): FleetList | undefined {
    const { fleet, checkIntervalMs } = this.#options;
    if (fleet === undefined) return undefined;
    return new FleetList(this.#context, this.#minders, checkIntervalMs, {
      audience: fleet.audience,
      changed: (entries) => {
        fleet.changed(entries);
        return this.policyApplied();
      },
    });
  }

  #makeMinder(set: SetName, family: Family): SetMinder {
    if (this.#fleet?.set === set) return this.#makeFleetMinder(this.#fleet, family);
    const { audience, worked, reconciled, booksChanged } = this.#options;
    const upkeep = new Upkeep(set, this.#ledger.page(set, family), this.#context);
    upkeep.takePolicy(this.#policies.get(set) ?? {});
    upkeep.refold();
    const events = {
      audience,
      reconciled,
      worked: () => {
        // What one set does is no sign of life for another that hangs for good.
        if (!this.#minders.anyHangs) worked();
        booksChanged();
      },
    };
    const worker = new SetWorker(upkeep, this.#context, events);
    return new SetMinder(upkeep, worker, this.#context, this.#care, events);
  }

  #makeFleetMinder(fleet: FleetList, family: Family): SetMinder {
    const { set, context, care, audience } = fleet;
    const upkeep = new Upkeep(set, this.#ledger.page(set, family), context);
    const events = {
      audience,
      reconciled: () => undefined,
      worked: () => {
        fleet.worked();
        this.#options.booksChanged();
      },
    };
    return new SetMinder(upkeep, new SetWorker(upkeep, context, events), context, care, events);
  }
}

import type { AddressColumns } from '../address/address-columns.js';
import type { SetInfo } from '../backend/backend.js';
import { NEVER } from '../message/entry-columns.js';
import { FLAG, NOTHING } from '../plan/set-plan.js';
import type { SetPolicy } from '../policy/set-policy.js';
import { TimeSlice } from '../system/time-slice.js';
import type { SetName } from '../words/names.js';
import type { Drift } from './mended.js';
import { Comparison } from './comparison.js';
import { eachRow } from './each-row.js';
import { followEnds, forgetFaded } from './follow-ends.js';
import { nowUnix } from './now-unix.js';
import { followAll, reconsider } from './reconsider.js';
import { RefusedBans } from './refused-bans.js';
import type { ReconcileSummary } from './report.js';
import type { Accepting } from './accept-entries.js';
import type { SetCare } from './set-care.js';
import type { SetWorker } from './set-worker.js';
import type { Audience } from './telling.js';
import type { EnforceContext } from './enforce-context.js';
import type { Upkeep } from './upkeep.js';
import { within } from './within.js';

/** How often every row is asked whether it differs, also where nothing happened. */
const SWEEP_EVERY_MS = 3_600_000;
const TOGETHER = 1_000;
const PATIENCE_MS = 1_000;

/** Keeps one kernel set true to its plan: compares, mends, retries. */
export class SetMinder {
  readonly drift: Drift = { added: 0, deleted: 0 };
  readonly refusedBans: RefusedBans;
  /** Of the kernel set that the plan's `held` speaks of; undefined: of none that is there now. */
  #identity: string | undefined;
  /** The plan still is as it was read from the journal. */
  #isFresh = true;
  readonly #comparison: Comparison;
  // Of the time that nobody sets: a clock set back by hours must not put off a sweep for as long.
  #sweepAtMs = -Infinity;
  /** How many could not be brought into the set, as told last. */
  #toldFailed = 0;
  /** Resolves once the set holds all that is wanted; undefined: nobody waits for that. */
  #inStep: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(
    readonly upkeep: Upkeep,
    readonly worker: SetWorker,
    private readonly context: EnforceContext,
    private readonly care: SetCare,
    private readonly events: {
      readonly audience: Audience;
      readonly reconciled: (summary: ReconcileSummary) => void;
    },
  ) {
    this.refusedBans = new RefusedBans(upkeep, context.clock);
    this.#comparison = new Comparison(upkeep, context, care);
  }

  /** Somebody else has changed a kernel set. */
  suspect(set: SetName): void {
    const target = this.upkeep.target;
    if (target.ok && target.value === set) this.upkeep.suspect = true;
  }

  /**
   * Takes what is wanted of this set, and brings every ban to it.
   *
   * @param isBack the set was not bound, and is again: its bans are decided anew in any case
   */
  async takePolicy(policy: SetPolicy, isBack: boolean): Promise<void> {
    const { upkeep } = this;
    // What is under way names rows of the plan, which may be another one below.
    if (policy.widen !== undefined || upkeep.rows.widen !== undefined) await this.idle();
    if (!upkeep.takePolicy(policy) && !isBack) return;
    upkeep.refold();
    this.#tellWidth();
    await reconsider(upkeep, this.events.audience, 'policy');
    upkeep.owes = true;
    this.compareNow();
    this.worker.wake();
  }

  /** The next check compares every member, and tells what fails, be it as before. */
  compareNow(): void {
    this.#comparison.hasten();
    this.#toldFailed = 0;
  }

  /** Why the members could not be compared when last tried; undefined: they could, or it was not tried yet. */
  get uncompared(): string | undefined {
    return this.#comparison.trouble;
  }

  /** Takes ends of bans that have changed by the passing of time. */
  follow(due: AddressColumns): void {
    followEnds(this.upkeep, due, nowUnix(this.context.clock));
    this.worker.wake();
  }

  /** Looks whether the set is still the one it was, and compares it where that is due. */
  async check(): Promise<void> {
    const { upkeep } = this;
    const { info } = upkeep;
    if (info === undefined) {
      this.#identity = undefined;
      return;
    }
    forgetFaded(upkeep, nowUnix(this.context.clock));
    this.worker.startCount();
    const adopted = await this.#bringInStep(info);
    this.worker.wake();
    await this.idle();
    this.#tellMended(info.set, adopted);
    await this.refusedBans.countWhereDue();
    if (upkeep.plan.lackingCount > 0 || upkeep.owes || this.worker.pending > 0) return;
    this.#inStep?.resolve();
    this.#inStep = undefined;
  }

  /** @returns how many bans a comparison has found as they should be */
  async #bringInStep(info: SetInfo): Promise<number> {
    await this.#recognise(info);
    this.#retryForeign();
    await this.#reopen();
    this.#admit(info);
    // Before the sweep, which would tell the set again all that it may hold from before.
    const adopted = await this.#comparison.runWhereDue(info);
    await this.#sweepWhereDue(info);
    return adopted;
  }

  #tellMended(set: SetName, adopted: number): void {
    const { added, deleted, failed, failure } = this.worker.takeCount();
    const isSame = added + deleted === 0 && failed === this.#toldFailed;
    this.#toldFailed = failed;
    if (isSame) return;
    this.drift.added += added;
    this.drift.deleted += deleted;
    this.events.reconciled({
      ...{ set, adopted, added, deleted, failed },
      ...(failure === undefined ? {} : { failure }),
    });
  }

  /** Gives bans an end that named none, now that it is known what the set makes of it. */
  async settleDefault(): Promise<void> {
    const { page, info } = this.upkeep;
    if (info === undefined) return;
    const slice = new TimeSlice();
    for (
      let changed;
      (changed = page.settleDefault(
        info.defaultTimeoutSeconds,
        this.context.clock.nowMs(),
        TOGETHER,
      ));
    ) {
      this.follow(changed);
      if (slice.isOver) await slice.breathe();
    }
  }

  /**
   * What has to happen before the kernel has taken entries; undefined: it has. One set's messages are
   * safe in their order: a ban that came again behind its unban would undo it.
   */
  settled({ work, told }: Accepting): Promise<void> | undefined {
    const isTold = work.told === work.batch.length;
    if (isTold && work.unsettled === 0 && this.#inStep === undefined) return undefined;
    const wait = async (): Promise<void> => {
      await told;
      if (work.unsettled > 0 || this.#inStep !== undefined) await this.#whenInStep();
    };
    return wait();
  }

  #whenInStep(): Promise<void> {
    if (this.#inStep === undefined) {
      let resolve = (): void => undefined;
      const promise = new Promise<void>((done) => (resolve = done));
      this.#inStep = { promise, resolve };
    }
    return this.#inStep.promise;
  }

  /** How long the next comparison has to wait, so that it does not take all the time. */
  get restMs(): number {
    return this.#comparison.restMs;
  }

  /** Of another set than before nothing is known; one that folds in another way is planned anew. */
  async #recognise(info: SetInfo): Promise<void> {
    const { upkeep } = this;
    const identity = `${info.set} ${String(this.context.watch.generation(info.set))}`;
    if (this.#identity === identity) return;
    this.#identity = identity;
    this.#comparison.hasten();
    await this.settleDefault();
    const refolded = upkeep.refold();
    this.#tellWidth();
    // What the journal told of the set is not to be forgotten before it was compared once.
    if (!refolded && !this.#isFresh) {
      await eachRow(this.upkeep.plan, (row) => {
        upkeep.waiting.stop(row);
        upkeep.plan.forgetHeld(row);
      });
    }
    const wasFresh = this.#isFresh;
    this.#isFresh = false;
    if (refolded || !wasFresh) await followAll(upkeep);
  }

  /** Says it where the set cannot do what its policy asks for. */
  #tellWidth(): void {
    const { set, family, wantedWidth, cannotWiden, info } = this.upkeep;
    const about = `${set}/${family}/widen`;
    if (wantedWidth === undefined || !cannotWiden || info === undefined) {
      this.care.forgive(about);
      return;
    }
    this.care.warnOnce(
      about,
      `set ${info.set} is a ${info.type} and takes single addresses only, so its bans are not ` +
        `widened to /${String(wantedWidth)}; make it again as a hash:net`,
    );
  }

  /** Room came free in what the set may cover: bans that were refused for it may get in. */
  async #reopen(): Promise<void> {
    const { upkeep } = this;
    if (!upkeep.reopened) return;
    upkeep.reopened = false;
    await followAll(upkeep);
  }

  #retryForeign(): void {
    const { upkeep } = this;
    const now = nowUnix(this.context.clock);
    for (const [row, end] of upkeep.foreignEnds) {
      if (end === 0) upkeep.suspect = true;
      if (end === 0 || end > now) continue;
      upkeep.dropForeign(row);
      upkeep.enqueue(row);
    }
  }

  #admit({ maxEntries, entries }: SetInfo): void {
    const { upkeep } = this;
    const room = maxEntries === undefined ? upkeep.waiting.length : maxEntries - entries;
    upkeep.waiting.admit(Math.max(0, room));
  }

  /** Bans that outlast the kernel's longest timeout, and whatever else was put off. */
  async #sweepWhereDue(info: SetInfo): Promise<void> {
    const { upkeep, context } = this;
    const nowMs = context.clock.monotonicMs();
    const { plan } = upkeep;
    const isDue = plan.lackingCount > 0 || upkeep.owes || nowMs >= this.#sweepAtMs;
    if (!isDue) return;
    upkeep.owes = false;
    this.#sweepAtMs = nowMs + SWEEP_EVERY_MS;
    const times = { hasTimeouts: info.defaultTimeoutSeconds !== undefined };
    const now = nowUnix(context.clock);
    await eachRow(this.upkeep.plan, (row) => {
      if (plan.has(row, FLAG.WAITING | FLAG.IN_FLIGHT)) return;
      if (plan.difference(row, now, times) !== NOTHING) upkeep.enqueue(row);
    });
  }

  /** The wall clock was set by so many seconds; what the kernel counts down was not. */
  async shift(bySeconds: number): Promise<void> {
    const { plan } = this.upkeep;
    await eachRow(this.upkeep.plan, (row) => {
      const held = plan.held[row] ?? 0;
      if (held === 0 || held === NEVER) return;
      plan.hold(row, held + bySeconds);
      this.upkeep.enqueue(row);
    });
    // What had ended by a clock that was ahead is to be in the set again.
    if (bySeconds < 0) this.upkeep.reopened = true;
    this.upkeep.suspect = true;
    this.worker.wake();
  }

  /** Waits for what is under way, but not for a kernel or a program that does not answer. */
  async idle(): Promise<void> {
    await within(this.context.clock, PATIENCE_MS, this.worker.idle());
  }

  /**
   * Ends what the journal says is over, before anything is applied: it is not to be banned again.
   */
  async settleRestored(): Promise<void> {
    const { upkeep } = this;
    const { plan, info } = upkeep;
    await eachRow(this.upkeep.plan, (row) => {
      if (!plan.has(row, FLAG.ENDED)) return;
      if (plan.wanted[row] !== 0) plan.unmark(row, FLAG.ENDED);
      else if (info?.defaultTimeoutSeconds === undefined) upkeep.enqueue(row);
      else {
        // The kernel has ended it by itself; what is there now is somebody else's.
        plan.unmark(row, FLAG.ENDED | FLAG.MAYBE);
        plan.release(row);
      }
    });
  }
}

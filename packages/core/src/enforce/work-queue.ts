import type { Change, ChangeReport, SetInfo } from '../backend/backend.js';
import { banUntil, type Ban } from '../lease/lease.js';
import type { SetName } from '../words/names.js';
import { isOver, joinBans, planBan, renewalUnix, resolveDefault } from '../plan/plan-changes.js';
import { decideBan } from '../policy/decide-ban.js';
import type { Report } from './report.js';
import { clearBan, dropBan, isHopeless, liftBan } from './drop-ban.js';
import { kernelSet, nowUnix, type EnforceContext } from './context.js';
import { Neighbours } from './neighbours.js';
import { settleDefault } from './settle-default.js';
import { isStale, staleSets } from './stale-sets.js';
import { bannedReport, entryFields, type FailedChange, type Work } from './work.js';

/** Changes in one call of the backend: large enough to be fast, small enough to stay responsive. */
const BATCH = 5_000;

/** Work whose place in the kernel is known, and at the same index what to tell the kernel. */
interface Planned {
  readonly works: Work[];
  readonly changes: Change[];
}

/**
 * Brings accepted work into the kernel, in order. What arrives while the backend is busy is
 * applied together as soon as it is free; nothing waits for a timer.
 */
export class WorkQueue {
  #waiting: Work[] = [];

  constructor(
    private readonly context: EnforceContext,
    /** Runs one thing that touches the kernel at a time, in the order of asking. */
    private readonly exclusively: (task: () => Promise<void>) => Promise<void>,
  ) {}

  get length(): number {
    return this.#waiting.length;
  }

  add(works: readonly Work[]): void {
    if (works.length === 0) return;
    const idle = this.#waiting.length === 0;
    for (const work of works) this.#waiting.push(work);
    if (idle) this.#drain();
  }

  /** One batch at a time, so that looking at the sets gets its turn however much arrives. */
  #drain(): void {
    void this.exclusively(async () => {
      const batch = this.#waiting.slice(0, BATCH);
      let again: readonly Work[] = [];
      try {
        again = await this.#apply(batch);
      } finally {
        // Whatever happens, the queue moves on.
        this.#waiting.splice(0, batch.length, ...again);
        if (this.#waiting.length > 0) this.#drain();
      }
    });
  }

  /** Returns the work that deserves another try, now that its set has been looked at. */
  async #apply(batch: readonly Work[]): Promise<Work[]> {
    await this.#lookAtUnready(batch);
    const { ledger, clock, watch, journal } = this.context;
    const now = nowUnix(clock);
    const neighbours = new Neighbours(ledger, now);
    const planned: Planned = { works: [], changes: [] };
    journal.together(() => {
      for (const work of batch) this.#plan(work, planned, neighbours, now);
    });
    const { works, changes } = planned;
    const reports = await this.#change(changes);
    for (const set of staleSets(changes, reports)) await watch.look(set);
    const again: Work[] = [];
    journal.together(() => {
      works.forEach((work, index) => {
        const report = reports[index] ?? noVerdict;
        if (report.outcome !== 'failed') this.#settle(work, report);
        else if (work.refused === undefined && isStale(report)) {
          again.push({ ...work, refused: report });
        } else this.#fail(work, report);
      });
    });
    return again;
  }

  /** A backend that throws has told nothing about any of them. */
  async #change(changes: readonly Change[]): Promise<readonly ChangeReport[]> {
    if (changes.length === 0) return [];
    try {
      return await this.context.backend.apply(changes);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return changes.map(() => ({ outcome: 'failed', fault: 'unavailable', detail }));
    }
  }

  async #lookAtUnready(batch: readonly Work[]): Promise<void> {
    const { watch } = this.context;
    const unready = new Set<SetName>();
    for (const { set, address } of batch) {
      // Nearly always: nothing to find out, and nothing to make.
      if (watch.info(set)?.family === address.family) continue;
      const target = kernelSet(this.context, set, address.family);
      if (target.ok && !watch.info(target.value)) unready.add(target.value);
    }
    for (const set of unready) await watch.look(set);
  }

  /** Finishes the work at once where there is nothing to tell the kernel. */
  #plan(work: Work, planned: Planned, neighbours: Neighbours, now: number): void {
    const plan = (change: Change, changed = work) => {
      planned.works.push(changed);
      planned.changes.push(change);
    };
    const { watch, policy } = this.context;
    const { set, address } = work;
    const target = kernelSet(this.context, set, address.family);
    if (!target.ok) {
      if (!isRemoval(work)) dropBan(this.context, set, address);
      work.finish({
        ...entryFields(work, set),
        outcome: 'refused',
        code: target.reason,
        detail: target.detail,
      });
      return;
    }
    const state = watch.state(target.value);
    if (state.state !== 'ready') {
      const fault = state.state === 'missing' ? 'set-missing' : state.state;
      this.#fail(work, {
        outcome: 'failed',
        fault: fault === 'unknown' ? 'unavailable' : fault,
        detail: state.state === 'unknown' ? `set ${target.value} is not known yet` : state.detail,
      });
      return;
    }
    const { info } = state;
    const others = neighbours.of(set, address, info);
    if (isRemoval(work)) {
      if (!others) {
        plan({ op: 'del', set: info.set, address });
        return;
      }
      // Under a netmask the entry is the others' too: it stays, for as long as they need it.
      clearBan(this.context, set, address);
      plan(planBan(others, info, now), { ...work, kind: 'hold', ban: others });
      return;
    }
    const decision = decideBan(address, policy, info);
    if (!decision.ok) {
      liftBan(this.context, set, address);
      work.finish({
        ...entryFields(work, info.set),
        outcome: 'refused',
        code: decision.reason,
        detail: decision.detail,
      });
      return;
    }
    const ban = this.#banFor(work, info, now);
    if (!ban) {
      this.#overtaken(work);
      return;
    }
    plan(planBan(others ? joinBans(ban, others) : { address, leases: ban.leases }, info, now));
  }

  /** The ban that the kernel is to hold, with all its ends known; undefined: it is over. */
  #banFor(work: Work, info: SetInfo, now: number): Ban | undefined {
    const { ledger } = this.context;
    const { set, address } = work;
    const known = ledger.ban(set, address);
    if (known) {
      const settled = settleDefault(this.context, set, known, info, now);
      if (isOver(settled, now)) return undefined;
      const renewal = renewalUnix(settled, now);
      if (renewal !== undefined) ledger.wakeAt(renewal, set, address);
      return settled;
    }
    // Lifted while it waited. It still goes in, so that each request gets its own true verdict, as
    // long as the ledger remembers to take it out again.
    if (!work.ban || !ledger.page(set, address.family).withdrawn.has(address.text))
      return undefined;
    const leases = work.ban.leases.map((lease) => ({
      ...lease,
      until: resolveDefault(lease.until, info, now),
    }));
    return isOver({ address, leases }, now) ? undefined : { address, leases };
  }

  /** Over before it got into the kernel, so it cannot be called a ban. */
  #overtaken(work: Work): void {
    if (work.refused) this.#fail(work, work.refused);
    else if (work.kind === 'ban') {
      const fields = entryFields(work, this.#kernelName(work));
      work.finish({ ...fields, outcome: 'ended' });
    } else this.#report(work, { outcome: 'unchanged' });
  }

  #settle(work: Work, report: { outcome: 'applied' | 'unchanged' | 'present' }): void {
    const { set, address } = work;
    if (isRemoval(work)) clearBan(this.context, set, address);
    else this.context.ledger.confirm(set, address);
    this.#report(work, report);
  }

  #report(work: Work, report: { outcome: 'applied' | 'unchanged' | 'present' }): void {
    const ban = this.context.ledger.ban(work.set, work.address) ?? work.ban;
    const name = this.#kernelName(work);
    if (work.kind === 'ban') {
      work.finish(bannedReport(work, name, ban ? banUntil(ban) : 'default'));
      return;
    }
    const fields = entryFields(work, name);
    switch (work.kind) {
      case 'unban':
        work.finish({ ...fields, outcome: 'unbanned', absent: report.outcome === 'unchanged' });
        return;
      case 'hold': {
        const holders = ban?.leases.map(({ origin }) => origin || 'anonymous') ?? [];
        work.finish({ ...fields, outcome: 'held', holders: [...new Set(holders)] });
        return;
      }
      case 'end':
        work.finish({ ...fields, outcome: 'ended' });
        return;
      case 'renew':
        return;
    }
  }

  #fail(work: Work, failed: FailedChange): void {
    const { ledger } = this.context;
    const { set, address } = work;
    const hopeless = isHopeless(failed.fault);
    const wanted = isRemoval(work) || ledger.ban(set, address) !== undefined;
    if (!isRemoval(work) && hopeless) dropBan(this.context, set, address);
    else if (!isRemoval(work)) ledger.doubt(set, address);
    work.finish({
      ...entryFields(work, this.#kernelName(work)),
      outcome: 'failed',
      action: isRemoval(work) ? 'unban' : 'ban',
      code: failed.fault,
      detail: failed.detail,
      willRetry: wanted && !hopeless,
    } satisfies Report);
  }

  /** The kernel set's name, or where there is none for the family, the bound set's. */
  #kernelName({ set, address }: Work) {
    const target = kernelSet(this.context, set, address.family);
    return target.ok ? target.value : set;
  }
}

function isRemoval({ kind }: Work): boolean {
  return kind === 'unban' || kind === 'end';
}

const noVerdict: FailedChange = {
  outcome: 'failed',
  fault: 'unknown',
  detail: 'the backend gave no verdict on this entry',
};

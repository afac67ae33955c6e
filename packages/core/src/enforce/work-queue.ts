import type { Change, ChangeFault, ChangeReport, SetInfo } from '../backend/backend.js';
import { MAX_TIMEOUT_SECONDS } from '../backend/backend.js';
import { banUntil } from '../ledger/lease.js';
import { planBan } from '../plan/plan-changes.js';
import { decideBan } from '../policy/decide-ban.js';
import type { Report } from '../report.js';
import { dropBan, isHopeless } from './drop-ban.js';
import { kernelSet, nowUnix, type EnforceContext } from './context.js';
import { settleDefault } from './settle-default.js';
import { entryFields, type Work } from './work.js';

/** Changes in one call of the backend: large enough to be fast, small enough to stay responsive. */
const BATCH = 5_000;

/** The kernel set is not what it was when the change was planned: look again, plan again. */
const STALE: readonly ChangeFault[] = [
  'set-missing',
  'wrong-family',
  'timeout-unsupported',
  'unsupported-type',
  'prefix-unsupported',
];

/** Work whose place in the kernel is known. */
interface Planned {
  readonly work: Work;
  readonly change: Change;
  readonly info: SetInfo;
}

/**
 * Brings accepted work into the kernel, in order. What arrives while the backend is busy is
 * applied together as soon as it is free; nothing waits for a timer.
 */
export class WorkQueue {
  #waiting: Work[] = [];

  constructor(
    private readonly context: EnforceContext,
    /** Runs one thing that touches the kernel at a time. */
    private readonly exclusively: (task: () => Promise<void>) => Promise<void>,
  ) {}

  get length(): number {
    return this.#waiting.length;
  }

  add(works: readonly Work[]): void {
    if (works.length === 0) return;
    const idle = this.#waiting.length === 0;
    for (const work of works) this.#waiting.push(work);
    if (idle) void this.exclusively(() => this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH);
      const again = await this.#apply(batch).catch((error: unknown) => {
        this.#failAll(batch, error);
        return [];
      });
      this.#waiting.splice(0, batch.length);
      if (again.length > 0) this.#waiting.unshift(...again);
    }
  }

  /** Returns the work that deserves another try, now that its set has been looked at. */
  async #apply(batch: readonly Work[]): Promise<Work[]> {
    await this.#lookAtUnready(batch);
    const planned = batch.flatMap((work) => this.#plan(work) ?? []);
    if (planned.length === 0) return [];
    const reports = await this.context.backend.apply(planned.map(({ change }) => change));
    const again: Work[] = [];
    const stale = new Set<Planned>();
    planned.forEach((item, index) => {
      const report = reports[index] ?? noVerdict;
      if (report.outcome === 'failed' && STALE.includes(report.fault)) stale.add(item);
    });
    for (const set of new Set([...stale].map(({ change }) => change.set))) {
      await this.context.watch.look(set);
    }
    planned.forEach((item, index) => {
      const report = reports[index] ?? noVerdict;
      if (stale.has(item) && !item.work.retried) again.push({ ...item.work, retried: true });
      else this.#settle(item, report);
    });
    return again;
  }

  /** A backend that throws has told nothing about any of them. */
  #failAll(batch: readonly Work[], error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    for (const work of batch) {
      this.#fail(work, { outcome: 'failed', fault: 'unavailable', detail });
    }
  }

  async #lookAtUnready(batch: readonly Work[]): Promise<void> {
    const { watch } = this.context;
    const unready = new Set(
      batch.flatMap(({ set, address }) => {
        const target = kernelSet(this.context, set, address.family);
        return target.ok && !watch.info(target.value) ? [target.value] : [];
      }),
    );
    for (const set of unready) await watch.look(set);
  }

  /** Finishes the work at once where there is nothing to tell the kernel. */
  #plan(work: Work): Planned | undefined {
    const { watch, ledger, policy, clock } = this.context;
    const { set, address } = work;
    const target = kernelSet(this.context, set, address.family);
    if (!target.ok) {
      this.#drop(work);
      work.finish({
        ...entryFields(work, set),
        outcome: 'refused',
        code: target.reason,
        detail: target.detail,
      });
      return undefined;
    }
    const state = watch.state(target.value);
    if (state.state !== 'ready') {
      const fault = state.state === 'missing' ? 'set-missing' : state.state;
      this.#fail(work, {
        outcome: 'failed',
        fault: fault === 'unknown' ? 'unavailable' : fault,
        detail: state.state === 'unknown' ? `set ${target.value} is not known yet` : state.detail,
      });
      return undefined;
    }
    const { info } = state;
    const ban = ledger.ban(set, address);
    if (work.kind === 'unban' || work.kind === 'end') {
      return { work, info, change: { op: 'del', set: target.value, address } };
    }
    // Unbanned again while it waited: the del behind it in the queue decides.
    if (!ban) {
      this.#report(work, { outcome: 'applied' });
      return undefined;
    }
    const decision = decideBan(address, policy, info);
    if (!decision.ok) {
      this.#drop(work);
      work.finish({
        ...entryFields(work, target.value),
        outcome: 'refused',
        code: decision.reason,
        detail: decision.detail,
      });
      return undefined;
    }
    const now = nowUnix(clock);
    const settled = settleDefault(this.context, set, ban, info, now);
    const until = banUntil(settled);
    if (typeof until === 'number' && until - now > MAX_TIMEOUT_SECONDS) {
      ledger.wakeAt(now + Math.floor(MAX_TIMEOUT_SECONDS / 2), set, address);
    }
    return { work, info, change: planBan(settled, info, now) };
  }

  #settle({ work }: Planned, report: ChangeReport): void {
    if (report.outcome === 'failed') {
      this.#fail(work, report);
      return;
    }
    const { ledger, keeper } = this.context;
    const { set, address } = work;
    if (work.kind === 'unban' || work.kind === 'end') {
      if (ledger.clear(set, address)) {
        keeper.keep([{ op: 'cleared', set, address: address.text }]);
      }
    } else {
      ledger.confirm(set, address);
    }
    this.#report(work, report);
  }

  #report(work: Work, report: { outcome: 'applied' | 'unchanged' }): void {
    const { ledger } = this.context;
    const target = kernelSet(this.context, work.set, work.address.family);
    const fields = entryFields(work, target.ok ? target.value : work.set);
    const ban = ledger.ban(work.set, work.address);
    switch (work.kind) {
      case 'ban':
        work.finish({ ...fields, outcome: 'banned', until: ban ? banUntil(ban) : 'default' });
        return;
      case 'unban':
        work.finish({ ...fields, outcome: 'unbanned', absent: report.outcome === 'unchanged' });
        return;
      case 'hold': {
        const holders = ban?.leases.map(({ origin }) => origin || 'anonymous') ?? [];
        work.finish({ ...fields, outcome: 'held', holders });
        return;
      }
      case 'end':
        work.finish({ ...fields, outcome: 'ended' });
        return;
      case 'renew':
        return;
    }
  }

  #fail(work: Work, failed: Extract<ChangeReport, { outcome: 'failed' }>): void {
    const { ledger } = this.context;
    const target = kernelSet(this.context, work.set, work.address.family);
    const action = work.kind === 'unban' || work.kind === 'end' ? 'unban' : 'ban';
    const hopeless = isHopeless(failed.fault);
    if (action === 'ban' && hopeless) this.#drop(work);
    else if (action === 'ban') ledger.doubt(work.set, work.address);
    work.finish({
      ...entryFields(work, target.ok ? target.value : work.set),
      outcome: 'failed',
      action,
      code: failed.fault,
      detail: failed.detail,
      willRetry: !hopeless,
    } satisfies Report);
  }

  #drop({ kind, set, address }: Work): void {
    if (kind !== 'unban' && kind !== 'end') dropBan(this.context, set, address);
  }
}

const noVerdict: ChangeReport = {
  outcome: 'failed',
  fault: 'unknown',
  detail: 'the backend gave no verdict on this entry',
};

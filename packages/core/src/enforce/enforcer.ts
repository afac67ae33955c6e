import type { Family } from '../address/address.js';
import type { Backend } from '../backend/backend.js';
import { Ledger } from '../ledger/ledger.js';
import type { LedgerRecord } from '../ledger/record.js';
import type { LedgerStore } from '../journal/store.js';
import type { SetName } from '../words/names.js';
import { decideBan, type Policy } from '../policy/decide-ban.js';
import type { RefusalReason } from '../policy/refusal-reason.js';
import type { Report, SetState } from './report.js';
import type { Clock } from '../system/clock.js';
import type { CreateOptions } from './create-options.js';
import { accept } from './accept.js';
import { kernelInfo, kernelSet, nowUnix, type EnforceContext } from './context.js';
import { Journal } from '../journal/journal.js';
import { ReportCollector } from './report-collector.js';
import { FAMILIES, SetCare, type SetCareOptions } from './set-care.js';
import { SetWatch } from './set-watch.js';
import { WorkQueue } from './work-queue.js';
import type { Request, Work } from './work.js';

/** More than this waiting, and a message is acknowledged only once it is applied. */
const HIGH_WATER = 10_000;

/** What lifts a ban that was allowed once; the other refusals are about what the set can hold. */
const POLICY_REASONS: readonly RefusalReason[] = ['protected', 'prefix-too-wide'];

export interface EnforcerOptions extends SetCareOptions {
  readonly backend: Backend;
  readonly store: LedgerStore;
  readonly clock: Clock;
  readonly policy: Policy;
  readonly checkIntervalMs: number;
  readonly report: (report: Report) => void;
  readonly setChanged: (state: SetState) => void;
  /** The sets have been looked at. */
  readonly checked: () => void;
}

/** What `submit` promises. */
export interface Submission {
  /** The commands survive a crash of the process, or are in the kernel. */
  readonly kept: Promise<void>;
  /** One report a request, in order. */
  readonly reports: Promise<Report[]>;
}

/** policy → ledger → plan → backend: brings commands into kernel sets and keeps them there. */
export class Enforcer {
  readonly #context: EnforceContext;
  readonly #queue: WorkQueue;
  readonly #options: EnforcerOptions;
  readonly #care: SetCare;
  #running: Promise<void> = Promise.resolve();
  #cancelWake: (() => void) | undefined;
  /** The moment that the timer waits for, in Unix seconds. */
  #armedFor: number | undefined;
  #cancelCheck: (() => void) | undefined;
  #closed = false;

  constructor(options: EnforcerOptions) {
    const { backend, store, clock, policy, report } = options;
    const ledger = new Ledger();
    this.#options = options;
    this.#context = {
      backend,
      ledger,
      clock,
      policy,
      report,
      journal: new Journal(store, ledger, options.warn),
      watch: new SetWatch(backend, options.setChanged),
    };
    this.#care = new SetCare(this.#context, options);
    this.#queue = new WorkQueue(this.#context, (task) => this.#exclusively(task));
  }

  /** Reads the ledger, looks at the sets, adopts what they hold and applies the difference. */
  async start(): Promise<void> {
    await this.#context.journal.restore();
    await this.#exclusively(() => this.#care.lookAtAll());
    // Before anything is applied: what ended while nobody watched is not to be banned again.
    this.#wake();
    await this.check();
    this.setPolicy(this.#context.policy);
    this.#scheduleCheck();
  }

  submit(requests: readonly Request[]): Submission {
    const { journal, report, clock } = this.#context;
    const now = nowUnix(clock);
    const collector = new ReportCollector(requests.length);
    const records: LedgerRecord[] = [];
    const works: Work[] = [];
    requests.forEach((request, index) => {
      const finish = (item: Report) => {
        collector.put(index, item);
      };
      const accepted = accept(request, this.#context, now, finish);
      if (accepted.record) records.push(accepted.record);
      if ('work' in accepted) works.push(accepted.work);
      else finish(accepted.refusal);
    });
    journal.keep(records);
    this.#queue.add(works);
    const done = collector.all.then((all) => {
      all.forEach(report);
      return all;
    });
    this.#armWake();
    const ahead =
      journal.durable &&
      this.#queue.length < HIGH_WATER &&
      !works.every((work) => this.#isQuick(work));
    return { kept: ahead ? Promise.resolve() : done.then(() => undefined), reports: done };
  }

  #isQuick({ address }: Work): boolean {
    return this.#context.backend.immediate?.(address) ?? false;
  }

  /** Looks at every set, creates what is missing where asked to, and mends what differs. */
  check(): Promise<void> {
    return this.#exclusively(async () => {
      await this.#care.lookAtAll();
      await this.#care.mendAll();
      await this.#context.journal.tend();
      this.#options.checked();
    });
  }

  reconfigure(sets: readonly SetName[], create: CreateOptions | undefined): Promise<void> {
    this.#care.take(sets, create);
    return this.check();
  }

  /** Takes a new policy, and lifts the bans that it does not allow. */
  setPolicy(policy: Policy): void {
    this.#context.policy = policy;
    const { ledger } = this.#context;
    const forbidden: Request[] = [];
    for (const set of ledger.sets()) {
      for (const family of FAMILIES) {
        const info = kernelInfo(this.#context, set, family);
        for (const { address } of ledger.page(set, family).bans.values()) {
          const decision = decideBan(address, policy, info);
          if (!decision.ok && POLICY_REASONS.includes(decision.reason)) {
            forbidden.push({ command: { action: 'unban', set, address }, via: 'protect list' });
          }
        }
      }
    }
    if (forbidden.length > 0) this.submit(forbidden);
  }

  /** The kernel sets that the bound sets come to, with what the ledger holds for each. */
  status(): (SetState & { bans: number; pending: number })[] {
    const { ledger, watch } = this.#context;
    return this.#care.sets.flatMap((set) =>
      FAMILIES.flatMap((family) => {
        const target = kernelSet(this.#context, set, family);
        const { bans, pending } = ledger.page(set, family);
        const shown = target.ok && (target.value !== set || this.#isHome(set, family));
        if (!shown) return [];
        return [{ ...watch.state(target.value), bans: bans.size, pending: pending.size }];
      }),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelWake?.();
    this.#cancelCheck?.();
    // What is under way may ask for more.
    for (let last; last !== this.#running;) {
      last = this.#running;
      await last;
    }
    await this.#options.store.close();
    await this.#options.backend.close();
  }

  /** Whether a set's own line in the status stands for this family. */
  #isHome(set: SetName, family: Family): boolean {
    const info = this.#context.watch.info(set);
    return info ? info.family === family : family === 'ipv4';
  }

  #exclusively(task: () => Promise<void>): Promise<void> {
    const run = this.#running.then(task).finally(() => {
      // What was done may have to be looked at before what was next so far.
      this.#armWake();
    });
    this.#running = run.catch((error: unknown) => {
      this.#options.warn(`internal error: ${error instanceof Error ? error.message : 'unknown'}`);
    });
    return this.#running;
  }

  #scheduleCheck(): void {
    this.#cancelCheck = this.#context.clock.after(this.#options.checkIntervalMs, () => {
      void this.check().then(() => {
        if (!this.#closed) this.#scheduleCheck();
      });
    });
  }

  #armWake(): void {
    const { ledger, clock } = this.#context;
    const next = ledger.nextWakeUnix;
    // After nearly every message: what is to come next is what was.
    if (next === this.#armedFor) return;
    this.#cancelWake?.();
    this.#armedFor = next;
    if (next === undefined || this.#closed) return;
    // Timers take 31 bits of milliseconds; a later moment is looked at again on the way.
    const delayMs = Math.min(Math.max(next * 1000 - clock.nowMs(), 0), 2 ** 31 - 1);
    this.#cancelWake = clock.after(delayMs, () => {
      this.#armedFor = undefined;
      this.#wake();
    });
  }

  /** Ends the bans that are over, and renews those that outlast the kernel's longest timeout. */
  #wake(): void {
    const { ledger, journal, clock, report } = this.#context;
    const works: Work[] = [];
    for (const { set, address, remaining } of ledger.takeDue(nowUnix(clock))) {
      const info = kernelInfo(this.#context, set, address.family);
      const endsByItself = info?.defaultTimeoutSeconds !== undefined;
      if (!remaining && endsByItself) {
        ledger.clear(set, address);
        journal.keep([{ op: 'cleared', set, address: address.text }]);
      } else if (!remaining || endsByItself) {
        works.push({
          kind: remaining ? 'renew' : 'end',
          set,
          address,
          request: { via: 'ledger' },
          finish: report,
        });
      }
    }
    this.#queue.add(works);
    this.#armWake();
  }
}

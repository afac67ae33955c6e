import type { MessageSummary, Report } from '@vallum/core';
import { isHeldBack, isOver } from '../../manner.js';
import { OriginClasses } from './origin-class.js';

/** One series: its labels and its count. */
export interface Counted {
  readonly action: 'ban' | 'unban';
  readonly set: string;
  readonly originClass: string;
  readonly outcome: string;
  count: number;
}

export interface CountedRefusal {
  readonly outcome: string;
  readonly reason: string;
  count: number;
}

/** What the policy of a set keeps, and makes nothing of for now: as the administrator has asked for. */
export interface CountedHeldBack {
  readonly set: string;
  readonly reason: string;
  count: number;
}

const HELD_BACK = 'held-back';

/** Origins of large messages are not told one by one. */
export const MANY = '(many)';

/** Counts what became of entries, by what is bounded: sets are configured, outcomes and reasons are ours. */
export class EntryCounts {
  readonly #counts = new Map<string, Counted>();
  readonly #refusals = new Map<string, CountedRefusal>();
  readonly #heldBack = new Map<string, CountedHeldBack>();
  readonly #classes = new OriginClasses();
  /** Bans come by the thousand, mostly like the one before. */
  #last: Counted | undefined;

  /** @param lag is given how long a ban took, in seconds, where its publisher's clock is known */
  constructor(
    private readonly lag: (seconds: number) => void,
    private readonly nowMs: () => number = Date.now,
  ) {}

  get counts(): Iterable<Counted> {
    return this.#counts.values();
  }

  get refusals(): Iterable<CountedRefusal> {
    return this.#refusals.values();
  }

  get heldBack(): Iterable<CountedHeldBack> {
    return this.#heldBack.values();
  }

  report(report: Report): void {
    const { outcome } = report;
    const code = 'code' in report ? report.code : undefined;
    const set = outcome === 'rejected' ? undefined : report.set;
    const counted = this.#sort(outcome, code, set, 1);
    if (outcome === 'rejected') return;
    this.#add(actionOf(report), report.set, this.#classes.classOf(report.origin), counted, 1);
    if (outcome === 'banned') this.#timeTaken(report);
  }

  summary({ set, outcomes }: MessageSummary): void {
    for (const { outcome, code, action = 'ban', count, examples } of outcomes) {
      if (count === 0) continue;
      const counted = this.#sort(outcome, code, set, count);
      if (set === undefined || outcome === 'rejected') continue;
      this.#add(action, set, MANY, counted, count);
      // Once for the message: its entries come and are done together.
      const [first] = examples;
      if (first?.outcome === 'banned') this.#timeTaken(first);
    }
  }

  #add(
    action: Counted['action'],
    set: string,
    originClass: string,
    outcome: string,
    count: number,
  ): void {
    let counted = this.#last;
    if (
      counted?.outcome !== outcome ||
      counted.originClass !== originClass ||
      counted.set !== set ||
      counted.action !== action
    ) {
      const key = [action, set, originClass, outcome].join('\n');
      counted = this.#counts.get(key);
      if (counted === undefined) {
        counted = { action, set, originClass, outcome, count: 0 };
        this.#counts.set(key, counted);
      }
      this.#last = counted;
    }
    counted.count += count;
  }

  /**
   * Counts what does not take effect by the reason of it.
   *
   * @returns as what the entry counts among bans and unbans
   */
  #sort(
    outcome: Report['outcome'],
    code: string | undefined,
    set: string | undefined,
    count: number,
  ): string {
    if (isHeldBack(outcome, code)) {
      if (set !== undefined && code !== undefined) {
        const key = `${set} ${code}`;
        const counted = this.#heldBack.get(key) ?? { set, reason: code, count: 0 };
        counted.count += count;
        this.#heldBack.set(key, counted);
      }
      return HELD_BACK;
    }
    if (isRefusal(outcome)) {
      const reason = code ?? 'unknown';
      const key = `${outcome} ${reason}`;
      const counted = this.#refusals.get(key) ?? { outcome, reason, count: 0 };
      counted.count += count;
      this.#refusals.set(key, counted);
    }
    return outcome;
  }

  /** What other nodes make up for was asked for long ago. */
  #timeTaken({ via, askedAtMs }: Extract<Report, { outcome: 'banned' }>): void {
    if (askedAtMs === undefined || via === 'repair') return;
    this.lag(Math.max(0, this.nowMs() - askedAtMs) / 1000);
  }
}

function isRefusal(outcome: Report['outcome']): boolean {
  return outcome === 'rejected' || outcome === 'refused' || outcome === 'failed';
}

function actionOf(report: Exclude<Report, { outcome: 'rejected' }>): Counted['action'] {
  switch (report.outcome) {
    case 'unbanned':
    case 'held':
      return 'unban';
    case 'ended':
      return isOver(report) ? 'unban' : 'ban';
    case 'refused':
      return report.action ?? 'ban';
    case 'failed':
    case 'published':
      return report.action;
    default:
      return 'ban';
  }
}

import { VallumError } from '../../errors.js';
import type { ChangeReport, SetMember } from '../backend.js';
import { failedChange } from '../explain-fault.js';
import type { Clock } from '../../system/clock.js';
import { loadRegions } from './load-regions.js';
import type { Region } from './cut-prefixes.js';
import { planIntervals, type IntervalChange } from './plan-intervals.js';
import { secondsLeft } from './seconds-left.js';
import type { NftSet, SetDriver } from './set-driver.js';

interface Known {
  readonly handle: string;
  readonly regions: readonly Region[];
  /** The driver's epoch in which this was so. */
  readonly epoch: number;
}

const MAX_ATTEMPTS = 5;
/** One transaction's worth, in some 32 MiB: a commit walks the whole set, whatever changes. */
const MAX_CHANGES = 262_144;

/**
 * Edits interval sets, of which it remembers what they hold: reading a large one takes longer than
 * changing it. Where the kernel refuses what was planned on that memory, it is read again.
 */
export class IntervalEditor {
  readonly #known = new Map<string, Known>();

  constructor(
    private readonly driver: SetDriver,
    private readonly clock: Pick<Clock, 'nowMs'>,
  ) {}

  /** @throws VallumError as `Backend.members` */
  async members(set: NftSet): Promise<SetMember[]> {
    const regions = await this.#load(set);
    const nowMs = this.clock.nowMs();
    const members: SetMember[] = [];
    for (const region of regions) {
      for (const { address, endsAtMs } of region.members) {
        members.push(
          set.defaultTimeoutMs === undefined
            ? { address }
            : { address, timeoutSeconds: secondsLeft(endsAtMs - nowMs) },
        );
      }
    }
    return members;
  }

  /** @returns how many prefixes a set holds @throws VallumError */
  async count(set: NftSet): Promise<number> {
    if (set.count === 0) return 0;
    const known = this.#recall(set);
    const sure = known !== undefined && (await this.#isSure(known));
    const regions = sure ? known.regions : await this.#load(set);
    const nowMs = this.clock.nowMs();
    let count = 0;
    for (const { members } of regions) {
      for (const { endsAtMs } of members) if (endsAtMs > nowMs) count++;
    }
    return count;
  }

  /**
   * Applies changes in order, in as few transactions as may be.
   *
   * @param reports where the reports go
   * @returns false where the set has to be described again for those that have no report
   */
  async apply(
    set: NftSet,
    changes: readonly IntervalChange[],
    reports: ChangeReport[],
  ): Promise<boolean> {
    for (let start = 0; start < changes.length; start += MAX_CHANGES) {
      const part = changes.slice(start, start + MAX_CHANGES);
      if ((await this.#applyPart(set, part, reports)) === 'stale') return false;
    }
    return true;
  }

  async #applyPart(
    set: NftSet,
    changes: readonly IntervalChange[],
    reports: ChangeReport[],
  ): Promise<'done' | 'stale'> {
    for (let attempt = 1; ; attempt++) {
      const known = this.#recall(set);
      const regions = known?.regions ?? (await this.#loadIfThere(set));
      if (regions === undefined) return 'stale';
      const nowMs = this.clock.nowMs();
      const plan = await planIntervals(regions, changes, nowMs);
      const changesNothing = plan.removed.length === 0 && plan.added.length === 0;
      // The kernel is not asked about what is not to be changed, so here memory alone answers.
      const trusting =
        changesNothing || plan.reports.some(({ outcome }) => outcome === 'unchanged');
      if (trusting && known !== undefined && !(await this.#isSure(known))) {
        this.#known.delete(set.name);
        continue;
      }
      const outcome = changesNothing
        ? 'done'
        : await this.driver.changeIntervals(set, plan.removed, plan.added, nowMs);
      if (outcome === 'stale') return 'stale';
      if (outcome === 'done') {
        const now = this.#recall(set);
        if (now !== undefined) this.#known.set(set.name, { ...now, regions: plan.regions });
        changes.forEach(({ index, change }, place) => {
          reports[index] = plan.reports[place] ?? failedChange(change, 'unknown');
        });
        return 'done';
      }
      if (outcome === 'mismatch' && attempt < MAX_ATTEMPTS) {
        this.#known.delete(set.name);
        continue;
      }
      const [only] = changes;
      if (changes.length > 1) return await this.#halve(set, changes, reports);
      if (only !== undefined) {
        reports[only.index] =
          outcome === 'mismatch'
            ? failedChange(only.change, 'unknown', overlapping(only, set))
            : outcome.report(only.change);
      }
      return 'done';
    }
  }

  /** One of them is bad, and the kernel does not say which: one bad entry costs one entry. */
  async #halve(
    set: NftSet,
    changes: readonly IntervalChange[],
    reports: ChangeReport[],
  ): Promise<'done' | 'stale'> {
    const middle = changes.length >> 1;
    const one = await this.#applyPart(set, changes.slice(0, middle), reports);
    // What is applied twice is applied all the same.
    return one === 'stale' ? 'stale' : await this.#applyPart(set, changes.slice(middle), reports);
  }

  /** @returns undefined where the set cannot be read, most likely because it is gone */
  async #loadIfThere(set: NftSet): Promise<readonly Region[] | undefined> {
    try {
      return await this.#load(set);
    } catch (error) {
      if (error instanceof VallumError && error.code === 'BACKEND_FAILED') return undefined;
      throw error;
    }
  }

  async #load(set: NftSet): Promise<readonly Region[]> {
    const { family } = set;
    if (family === undefined) {
      throw new VallumError(`set ${set.name} is a ${set.type}, which Vallum does not edit`, {
        code: 'BACKEND_FAILED',
        operation: 'nft list set',
      });
    }
    const epoch = await this.driver.epoch();
    const elements = await this.driver.intervals(set);
    const regions = await loadRegions(elements, family, this.clock.nowMs());
    if (epoch !== undefined) this.#known.set(set.name, { handle: set.handle, regions, epoch });
    return regions;
  }

  #recall({ name, handle }: NftSet): Known | undefined {
    const known = this.#known.get(name);
    return known?.handle === handle ? known : undefined;
  }

  async #isSure({ epoch }: Known): Promise<boolean> {
    return epoch === (await this.driver.epoch());
  }
}

function overlapping({ change }: IntervalChange, { name }: NftSet): string {
  return `${change.address.text} cannot be changed in set ${name}: something else changes it all the time`;
}

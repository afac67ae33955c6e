import { VallumError } from '../../words/errors.js';
import { TimeSlice } from '../../system/time-slice.js';
import { wordsPerAddress } from '../../address/address-columns.js';
import type { Clock } from '../../system/clock.js';
import { FAILED, PRESENT, UNCHANGED } from '../backend.js';
import type { ColumnVerdicts } from '../column-verdicts.js';
import type { MemberBatches } from '../member-batches.js';
import { loadRegions } from './load-regions.js';
import { membersOf, type Region } from './cut-prefixes.js';
import type { IntervalChanges } from './interval-changes.js';
import { planIntervals, type IntervalPlan } from './plan-intervals.js';
import { writePosition, type Prefix } from '../../address/position.js';
import { secondsLeft } from './seconds-left.js';
import type { IntervalOutcome, NftSet, SetDriver } from './set-driver.js';
import { sortPrefixes } from './sort-prefixes.js';
import { splitByRoom } from './split-by-room.js';

interface Known {
  readonly handle: string;
  readonly regions: readonly Region[];
  /** The driver's epoch in which this was so. */
  readonly epoch: number;
}

/** A transaction that is planned and written, and not carried out yet. */
interface Draft {
  /** The places of the changes that are in it. */
  readonly order: Uint32Array;
  /** What the set holds before. */
  readonly regions: readonly Region[];
  readonly plan: IntervalPlan;
  /** undefined: nothing is to be changed. */
  readonly carryOut: (() => Promise<IntervalOutcome>) | undefined;
}

const MAX_ATTEMPTS = 5;
/** The clock is looked at once in 256 members. */
const LOOK_AT_CLOCK = 0xff;

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

  /** Adds what a set holds to a listing. @throws VallumError as `Backend.members` */
  async list(set: NftSet, batches: MemberBatches): Promise<void> {
    const regions = await this.#load(set);
    const nowMs = this.clock.nowMs();
    const { family = 'ipv4' } = set;
    const perAddress = wordsPerAddress(family);
    const slice = new TimeSlice();
    for (const [index, region] of regions.entries()) {
      for (const { first, prefixLength, endsAtMs } of membersOf(region)) {
        const rows = batches.rows(family);
        writePosition(first, rows.words, perAddress * rows.length);
        rows.prefixLengths[rows.length] = prefixLength;
        rows.timeoutSeconds[rows.length] = secondsLeft(endsAtMs - nowMs);
        rows.length++;
      }
      if ((index & LOOK_AT_CLOCK) === LOOK_AT_CLOCK && slice.isOver) await slice.breathe();
    }
  }

  /** Whether just this prefix is held. @throws VallumError as `Backend.members` */
  async holds(set: NftSet, { first, prefixLength }: Prefix): Promise<boolean> {
    const nowMs = this.clock.nowMs();
    for (const region of await this.#load(set)) {
      for (const member of membersOf(region)) {
        if (member.first === first && member.prefixLength === prefixLength) {
          return member.endsAtMs > nowMs;
        }
      }
    }
    return false;
  }

  /** @returns how many prefixes a set holds @throws VallumError */
  async count(set: NftSet): Promise<number> {
    if (set.count === 0) return 0;
    const known = this.#recall(set);
    const sure = known !== undefined && (await this.#isSure(known));
    const regions = sure ? known.regions : await this.#load(set);
    const nowMs = this.clock.nowMs();
    let count = 0;
    for (const region of regions) {
      for (const { endsAtMs } of membersOf(region)) if (endsAtMs > nowMs) count++;
    }
    return count;
  }

  /**
   * Applies changes in order, in as few transactions as may be. While the kernel works on one, the
   * next is planned on what that will leave behind.
   *
   * @param verdicts gets one for each; where the set has to be described again, some stay pending
   */
  async apply(set: NftSet, changes: IntervalChanges, verdicts: ColumnVerdicts): Promise<void> {
    const slice = new TimeSlice();
    // Those of different prefixes may change places.
    const parts = this.#divide(await sortPrefixes(changes, slice));
    let attempt = 1;
    let ahead: Draft | undefined;
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const known = this.#recall(set);
      const draft = ahead ?? (await this.#draft(set, known?.regions, changes, part, slice));
      if (draft === undefined) return;
      ahead = undefined;
      if (known !== undefined && isTrusting(draft) && !(await this.#isSure(known))) {
        this.#known.delete(set.name);
        parts.unshift(part);
        continue;
      }
      const carriedOut = draft.carryOut?.() ?? Promise.resolve<IntervalOutcome>('done');
      // Thrown where it is awaited; until then nobody may be there to catch it.
      carriedOut.catch(() => undefined);
      const [next] = parts;
      if (next !== undefined) {
        const { regions } = draft.plan;
        ahead = await this.#draft(set, regions, changes, next, slice).finally(() => carriedOut);
      }
      const outcome = await carriedOut;
      if (outcome === 'stale') return;
      if (outcome === 'done') {
        this.#remember(set, draft, changes, verdicts);
        attempt = 1;
        continue;
      }
      ahead = undefined;
      if (outcome === 'mismatch' && attempt < MAX_ATTEMPTS) {
        attempt++;
        this.#known.delete(set.name);
        parts.unshift(part);
        continue;
      }
      attempt = 1;
      const [only] = part;
      if (only === undefined) continue;
      if (part.length > 1) {
        // One of them is bad, and the kernel does not say which: one bad entry costs one entry.
        const middle = part.length >> 1;
        parts.unshift(part.subarray(0, middle), part.subarray(middle));
        continue;
      }
      if (outcome === 'mismatch') {
        verdicts.fail(changes.row(only), 'unknown', overlapping(set));
        continue;
      }
      const { fault, detail } = outcome;
      verdicts.fail(changes.row(only), fault, detail);
      if (fault !== 'set-full') continue;
      // What needs room as well is not tried one by one, after what does not, and may make some.
      const { first, rest } = splitByRoom(draft.regions, changes, join(parts));
      if (first.length === 0) {
        for (const place of rest) verdicts.fail(changes.row(place), fault, detail);
        return;
      }
      parts.splice(0, parts.length, ...this.#divide(first), ...this.#divide(rest));
    }
  }

  #divide(order: Uint32Array): Uint32Array[] {
    const { first, most } = this.driver.intervalChangesAtOnce;
    const parts: Uint32Array[] = [];
    let rest = order;
    for (let size = first; rest.length > 0; size = Math.min(2 * size, most)) {
      parts.push(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
    return parts;
  }

  /**
   * @param held what the set holds; undefined: to be read
   * @returns undefined where the set cannot be read
   */
  async #draft(
    set: NftSet,
    held: readonly Region[] | undefined,
    changes: IntervalChanges,
    order: Uint32Array,
    slice: TimeSlice,
  ): Promise<Draft | undefined> {
    const regions = held ?? (await this.#loadIfThere(set));
    if (regions === undefined) return undefined;
    const nowMs = this.clock.nowMs();
    const plan = await planIntervals(regions, changes, order, nowMs, slice);
    const { removed, added } = plan;
    const carryOut =
      removed.length + added.length === 0
        ? undefined
        : await this.driver.prepareIntervals(set, removed, added, nowMs);
    return { order, regions, plan, carryOut };
  }

  #remember(
    set: NftSet,
    { order, plan }: Draft,
    changes: IntervalChanges,
    verdicts: ColumnVerdicts,
  ): void {
    const now = this.#recall(set);
    if (now !== undefined) this.#known.set(set.name, { ...now, regions: plan.regions });
    for (let next = 0; next < order.length; next++) {
      const row = changes.row(order[next] ?? 0);
      const outcome = plan.outcomes[next] ?? FAILED;
      if (outcome === FAILED) verdicts.fail(row, 'unstorable', TOO_DEEP);
      else verdicts.outcomes[row] = outcome;
    }
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

/** The kernel is not asked about what is not to be changed, so here memory alone answers. */
function isTrusting({ plan, carryOut }: Draft): boolean {
  return (
    carryOut === undefined || plan.outcomes.includes(UNCHANGED) || plan.outcomes.includes(PRESENT)
  );
}

function join(parts: readonly Uint32Array[]): Uint32Array {
  const joined = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
  let start = 0;
  for (const part of parts) {
    joined.set(part, start);
    start += part.length;
  }
  return joined;
}

function overlapping({ name }: NftSet): string {
  return `it cannot be changed in set ${name}: something else changes that all the time`;
}

const TOO_DEEP =
  'it cannot be kept: too many prefixes with its first address end at times of their own';

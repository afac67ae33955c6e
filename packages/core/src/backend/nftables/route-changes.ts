import { at } from './at.js';
import { VallumError } from '../../words/errors.js';
import { TimeSlice } from '../../netlink/index.js';
import type { SetName } from '../../words/names.js';
import type { Clock } from '../../system/clock.js';
import type { Change, ChangeReport } from '../backend.js';
import { failedChange } from '../explain-fault.js';
import { prefixSetName } from './companion-name.js';
import type { IntervalEditor } from './interval-editor.js';
import { concernsPrefixes, placeChange, type SetPair } from './place-change.js';
import { IntervalChanges } from './interval-changes.js';
import type { NftSet, SetDriver } from './set-driver.js';
import type { TableAddress } from './table-address.js';

/** The clock is looked at once in 256 changes. */
const LOOK_AT_CLOCK = 0xff;
/** Changes that are placed at a time: some 2 ms, while the kernel works 15 ms on the ones before. */
const MAX_PART = 16_384;
/** The kernel is to have something to do soon. */
const FIRST_PART = 512;
/** How often a ruleset that changes all the time is looked at again. */
const MAX_ATTEMPTS = 20;

/** The interval sets that changes are for; all changes of one go to the kernel together. */
type Late = Map<string, { readonly set: NftSet; readonly changes: IntervalChanges }>;

/** Changes of hash sets, and the indices of their reports. */
interface Part {
  readonly singles: Change[];
  readonly sets: NftSet[];
  readonly indices: number[];
}

/** Sends each change to the set it belongs into: single addresses at once, prefixes together. */
export class ChangeRouter {
  readonly #pairs = new Map<SetName, SetPair>();
  /** What is known was asked for on behalf of these changes, not recalled. */
  #fresh = false;
  /** What the driver is doing; nothing else may be asked of it meanwhile. */
  #underWay: Promise<boolean> | undefined;

  constructor(
    private readonly driver: SetDriver,
    private readonly intervals: IntervalEditor,
    private readonly table: TableAddress,
    private readonly clock: Pick<Clock, 'nowMs'>,
  ) {}

  async apply(changes: readonly Change[]): Promise<ChangeReport[]> {
    const reports = new Array<ChangeReport>(changes.length);
    this.#pairs.clear();
    this.#fresh = false;
    let rest: readonly number[] | undefined;
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS && rest?.length !== 0; attempt++) {
        rest = await this.#pass(changes, rest, reports);
      }
    } catch (error) {
      if (!(error instanceof VallumError) || error.code === 'CLOSED') throw error;
      const { message } = error;
      const fault = error.code === 'PERMISSION_DENIED' ? 'permission-denied' : 'unavailable';
      for (const index of rest ?? changes.keys()) {
        reports[index] ??= failedChange(at(changes, index), fault, message);
      }
      return reports;
    }
    for (const index of rest ?? []) {
      reports[index] = failedChange(at(changes, index), 'unavailable', UNSTEADY);
    }
    return reports;
  }

  /**
   * @param indices undefined: all
   * @returns the indices of changes that have no verdict, since the ruleset has changed meanwhile
   */
  async #pass(
    changes: readonly Change[],
    indices: readonly number[] | undefined,
    reports: ChangeReport[],
  ): Promise<readonly number[]> {
    const late: Late = new Map();
    let isTrue = await this.#sendAll(changes, indices, reports, late);
    for (const { set, changes: prefixes } of isTrue ? late.values() : []) {
      isTrue = (await this.intervals.apply(set, prefixes, reports)) && isTrue;
    }
    if (isTrue) return [];
    this.#refresh();
    const rest: number[] = [];
    for (const index of indices ?? changes.keys()) {
      if (reports[index] === undefined) rest.push(index);
    }
    return rest;
  }

  /**
   * Places all changes, part by part: while the kernel works on one part, the next is placed.
   *
   * @param late gets the changes of interval sets, which are left to the caller
   * @returns false where the ruleset has changed, so that some have no report yet
   */
  async #sendAll(
    changes: readonly Change[],
    indices: readonly number[] | undefined,
    reports: ChangeReport[],
    late: Late,
  ): Promise<boolean> {
    const { length } = indices ?? changes;
    const slice = new TimeSlice();
    let isTrue = true;
    try {
      let end = 0;
      for (let size = FIRST_PART; end < length && isTrue; size = Math.min(4 * size, MAX_PART)) {
        const start = end;
        end = Math.min(start + size, length);
        const part: Part = { singles: [], sets: [], indices: [] };
        for (let next = start; next < end; next++) {
          const index = indices === undefined ? next : at(indices, next);
          const change = at(changes, index);
          const pair = this.#pairs.get(change.set);
          const placed = placeChange(
            this.table,
            change,
            pair !== undefined && isComplete(change, pair) ? pair : await this.#look(change),
          );
          if ('outcome' in placed) {
            // A refusal stands on what the set is now, not on what it was.
            if (!this.#fresh) return false;
            reports[index] = placed;
          } else if (placed.interval) {
            let together = late.get(placed.name);
            if (together === undefined) {
              together = { set: placed, changes: new IntervalChanges() };
              late.set(placed.name, together);
            }
            together.changes.push(change, index, this.#endOf(change, placed));
          } else {
            part.singles.push(change);
            part.sets.push(placed);
            part.indices.push(index);
          }
          if ((next & LOOK_AT_CLOCK) === LOOK_AT_CLOCK && slice.isOver) await slice.breathe();
        }
        isTrue = await this.#landed();
        if (isTrue && part.singles.length > 0) this.#send(part, reports);
      }
    } finally {
      isTrue = (await this.#landed()) && isTrue;
    }
    return isTrue;
  }

  #send({ singles, sets, indices }: Part, reports: ChangeReport[]): void {
    const sent = this.driver.changeElements({ changes: singles, sets }).then((verdicts) => {
      let isTrue = true;
      for (let place = 0; place < indices.length; place++) {
        const verdict = verdicts[place];
        if (verdict === undefined) isTrue = false;
        else reports[at(indices, place)] = verdict;
      }
      return isTrue;
    });
    // `#landed` throws it; until then nobody may be there to catch it.
    sent.catch(() => undefined);
    this.#underWay = sent;
  }

  /** Waits until the driver is done. @returns false where the ruleset has changed meanwhile */
  async #landed(): Promise<boolean> {
    const underWay = this.#underWay;
    this.#underWay = undefined;
    return (await underWay) ?? true;
  }

  async #look(change: Change): Promise<SetPair> {
    const { set } = change;
    const main = this.#pairs.get(set)?.main ?? (await this.#find(set));
    const prefixes: SetPair['prefixes'] =
      main !== undefined && concernsPrefixes(change, main)
        ? await this.#find(prefixSetName(set))
        : 'not-asked';
    const pair: SetPair = { main, prefixes };
    this.#pairs.set(set, pair);
    return pair;
  }

  async #find(name: string): Promise<NftSet | undefined> {
    const known = this.driver.recall(name);
    if (known !== undefined) return known;
    // It can do one thing at a time; whether its answer was true is asked by who waits for it.
    await this.#underWay;
    return this.driver.describe(name);
  }

  #refresh(): void {
    this.driver.forget();
    this.#pairs.clear();
    this.#fresh = true;
  }

  #endOf(change: Change, { defaultTimeoutMs = 0 }: NftSet): number {
    if (change.op === 'del') return 0;
    const { timeoutSeconds } = change;
    const timeoutMs = timeoutSeconds === undefined ? defaultTimeoutMs : timeoutSeconds * 1000;
    return timeoutMs === 0 ? Infinity : this.clock.nowMs() + timeoutMs;
  }
}

function isComplete(change: Change, { main, prefixes }: SetPair): boolean {
  return main === undefined || prefixes !== 'not-asked' || !concernsPrefixes(change, main);
}

const UNSTEADY =
  'the ruleset of nftables changes all the time, so that nothing could be changed in it';

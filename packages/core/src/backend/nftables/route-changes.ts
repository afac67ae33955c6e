import { VallumError } from '../../words/errors.js';
import type { Clock } from '../../system/clock.js';
import { TimeSlice } from '../../system/time-slice.js';
import type { ChangeColumns, ChangeVerdicts } from '../backend.js';
import { ColumnVerdicts, PENDING } from '../column-verdicts.js';
import { prefixSetName } from './companion-name.js';
import { IntervalChanges } from './interval-changes.js';
import type { IntervalEditor } from './interval-editor.js';
import { concernsPrefixes, placeRow, refuseAll, type SetPair } from './place-rows.js';
import type { NftSet, SetDriver } from './set-driver.js';
import type { TableAddress } from './table-address.js';

/** The clock is looked at once in 256 rows. */
const LOOK_AT_CLOCK = 0xff;
/** How often a ruleset that changes all the time is looked at again. */
const MAX_ATTEMPTS = 20;

/** What the sets of a table are changed with. */
export interface RouterParts {
  readonly driver: SetDriver;
  readonly intervals: IntervalEditor;
  readonly table: TableAddress;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * Applies changes of one of Vallum's sets.
 *
 * @throws VallumError `CLOSED`; any other failure is a verdict
 */
export function routeChanges(parts: RouterParts, columns: ChangeColumns): Promise<ChangeVerdicts> {
  return new ChangeRouter(parts, columns).apply();
}

/** Rows of one set, in the order of the columns. */
interface PlacedRows {
  readonly set: NftSet;
  readonly rows: Uint32Array;
  length: number;
}

/** Sends each change to the set it belongs into: first single addresses, then prefixes. */
class ChangeRouter {
  readonly #parts: RouterParts;
  readonly #columns: ChangeColumns;
  readonly #verdicts: ColumnVerdicts;
  /** What is known was asked for on behalf of these changes, not recalled. */
  #fresh = false;
  #pair: SetPair | undefined;

  constructor(parts: RouterParts, columns: ChangeColumns) {
    this.#parts = parts;
    this.#columns = columns;
    this.#verdicts = new ColumnVerdicts(columns, PENDING);
  }

  async apply(): Promise<ChangeVerdicts> {
    const verdicts = this.#verdicts;
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        await this.#pass();
        if (!verdicts.outcomes.includes(PENDING)) return verdicts;
        // Nothing was done with them, since the ruleset is not what it was.
        this.#parts.driver.forget(this.#columns.set);
        this.#parts.driver.forget(prefixSetName(this.#columns.set));
        this.#pair = undefined;
        this.#fresh = true;
      }
    } catch (error) {
      if (!(error instanceof VallumError) || error.code === 'CLOSED') throw error;
      const { message } = error;
      const fault = error.code === 'PERMISSION_DENIED' ? 'permission-denied' : 'unavailable';
      this.#failRest(fault, message);
      return verdicts;
    }
    this.#failRest('unavailable', UNSTEADY);
    return verdicts;
  }

  #failRest(fault: 'permission-denied' | 'unavailable', detail: string): void {
    for (let row = 0; row < this.#columns.length; row++) {
      if (this.#verdicts.isPending(row)) this.#verdicts.fail(row, fault, detail);
    }
  }

  /** Sends all that is pending; what still is then has to be placed again. */
  async #pass(): Promise<void> {
    const { driver, intervals, clock } = this.#parts;
    const columns = this.#columns;
    const slice = new TimeSlice();
    for (const { set, rows, length } of await this.#place(slice)) {
      const placed = rows.subarray(0, length);
      if (set.interval) {
        const changes = await IntervalChanges.of(columns, placed, set, clock.nowMs(), slice);
        await intervals.apply(set, changes, this.#verdicts);
      } else {
        await driver.changeElements({ set, columns, rows: placed }, this.#verdicts);
      }
    }
  }

  /** @returns the rows of each set that has some, single addresses first */
  async #place(slice: TimeSlice): Promise<readonly PlacedRows[]> {
    const columns = this.#columns;
    const verdicts = this.#verdicts;
    const main = (this.#pair ??= { main: await this.#find(columns.set), prefixes: 'not-asked' })
      .main;
    const refusal = refuseAll(this.#parts.table, columns, main);
    if (main === undefined || refusal !== undefined) {
      // A refusal stands on what the set is now, not on what it was.
      if (this.#fresh && refusal !== undefined) {
        for (let row = 0; row < columns.length; row++) {
          if (verdicts.isPending(row)) verdicts.fail(row, refusal.fault, refusal.detail);
        }
      }
      return [];
    }
    const placed: PlacedRows[] = [];
    for (let row = 0; row < columns.length; row++) {
      if ((row & LOOK_AT_CLOCK) === LOOK_AT_CLOCK && slice.isOver) await slice.breathe();
      if (!verdicts.isPending(row)) continue;
      if (this.#pair.prefixes === 'not-asked' && concernsPrefixes(columns, row, main)) {
        this.#pair = { main, prefixes: await this.#find(prefixSetName(columns.set)) };
      }
      const { prefixes } = this.#pair;
      const asked = prefixes === 'not-asked' ? undefined : prefixes;
      const set = placeRow(this.#parts.table, columns, row, main, asked);
      if ('fault' in set) {
        if (!this.#fresh) return placed;
        verdicts.fail(row, set.fault, set.detail);
        continue;
      }
      let own = placed.find((rows) => rows.set === set);
      if (own === undefined) {
        own = { set, rows: new Uint32Array(columns.length - row), length: 0 };
        placed.push(own);
      }
      own.rows[own.length++] = row;
    }
    return placed.sort((one, other) => Number(one.set.interval) - Number(other.set.interval));
  }

  async #find(name: string): Promise<NftSet | undefined> {
    const { driver } = this.#parts;
    return driver.recall(name) ?? (await driver.describe(name));
  }
}

const UNSTEADY =
  'the ruleset of nftables changes all the time, so that nothing could be changed in it';

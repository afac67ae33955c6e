import { at } from './at.js';
import { EPERM, NetlinkError, TimeSlice } from '../../netlink/index.js';
import type { ChangeReport } from '../backend.js';
import { failedChange } from '../explain-fault.js';
import { ElementBatch, type BatchFailure, type Renewal } from './element-batch.js';
import type { NftSession } from './nft-session.js';
import { reportRefusal } from './refusal.js';
import type { ElementChange } from './set-driver.js';

const APPLIED: ChangeReport = Object.freeze({ outcome: 'applied' });
/** Where the kernel's work outweighs the 20 µs of changing threads. */
const THREAD_ENTRIES = 64;
/** After a failure: so many, each in a message of its own, fail without their errors overrunning. */
const MIN_WINDOW = 512;

/**
 * Changes hash sets in transactions in which one bad entry costs one entry.
 *
 * A transaction is all or nothing, and the kernel names the first bad element of each message. So
 * the bad ones are taken out, what stood behind them gets messages of its own, which are named one
 * by one, and the rest is sent again: three transactions, whatever the number of bad ones.
 */
export class ElementChanger {
  readonly #session: NftSession;
  readonly #renewal: Renewal;

  constructor(session: NftSession, renewal: Renewal) {
    this.#session = session;
    this.#renewal = renewal;
  }

  /** @returns as `SetDriver.changeElements` */
  async apply(changes: readonly ElementChange[]): Promise<(ChangeReport | undefined)[]> {
    const reports = new Array<ChangeReport | undefined>(changes.length).fill(undefined);
    const slice = new TimeSlice();
    const alone = new Set<number>();
    let rest: number[] = [...changes.keys()];
    let window = changes.length;
    while (rest.length > 0) {
      const places = window >= rest.length ? rest : rest.slice(0, window);
      try {
        const done = await this.#transact(changes, places, alone, reports);
        if (done === 'stale') return reports;
        if (done === 'failed') window = MIN_WINDOW;
        else window *= 4;
        rest =
          done === 'failed'
            ? rest.filter((place) => reports[place] === undefined)
            : rest.slice(done);
      } catch (error) {
        if (!(error instanceof NetlinkError) || error.code === 'CLOSED') throw error;
        for (const place of places) {
          const { change } = at(changes, place);
          reports[place] ??= failedChange(change, 'unavailable', error.message);
        }
        rest = rest.slice(places.length);
      }
      if (rest.length > 0 && slice.isOver) await slice.breathe();
    }
    return reports;
  }

  /** @returns how many of the places were committed; 'failed': none, and some have their reports */
  async #transact(
    changes: readonly ElementChange[],
    places: readonly number[],
    alone: Set<number>,
    reports: (ChangeReport | undefined)[],
  ): Promise<number | 'failed' | 'stale'> {
    const { connection, table } = this.#session;
    let written = 0;
    let batch: ElementBatch | undefined;
    const outcome = await this.#session.transact(() => {
      batch = new ElementBatch(this.#session.writer, connection, table, this.#renewal);
      written = batch.write(changes, places, alone);
    }, places.length > THREAD_ENTRIES);
    if (outcome === 'stale') return 'stale';
    if (outcome.length === 0) {
      for (let index = 0; index < written; index++) reports[at(places, index)] = APPLIED;
      return written;
    }
    let trusted = true;
    let blamed = false;
    for (const acknowledgement of outcome) {
      const failure: BatchFailure | undefined = batch?.locate(acknowledgement);
      if (failure === undefined) continue;
      for (const place of failure.untried) alone.add(place);
      // An error behind entries that were skipped may come from their absence: it is asked for again.
      if (failure.failed !== undefined && trusted) {
        const { change } = at(changes, failure.failed);
        reports[failure.failed] ??= reportRefusal(change, acknowledgement);
      }
      if (failure.failed !== undefined) alone.add(failure.failed);
      if (failure.untried.length > 0) trusted = false;
      blamed = true;
    }
    if (blamed) return 'failed';
    // The transaction as a whole, such as EPERM.
    const [whole] = outcome;
    for (let index = 0; index < written; index++) {
      const place = at(places, index);
      const { change } = at(changes, place);
      reports[place] =
        whole?.errno === EPERM
          ? failedChange(change, 'permission-denied')
          : reportRefusal(change, whole ?? { sequence: 0, errno: 0, echo: new Uint8Array() });
    }
    return 'failed';
  }
}

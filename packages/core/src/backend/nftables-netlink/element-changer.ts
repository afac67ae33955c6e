import { at } from '../nftables/at.js';
import {
  EMSGSIZE,
  ENOBUFS,
  EPERM,
  MessageWriter,
  NetlinkError,
  TimeSlice,
  type Acknowledgement,
} from '../../netlink/index.js';
import type { ChangeReport } from '../backend.js';
import { failedChange } from '../explain-fault.js';
import {
  ElementBatch,
  type BatchContext,
  type BatchFailure,
  type Renewal,
} from './element-batch.js';
import { ElementTemplate } from './element-template.js';
import { BATCH_LENGTH, type NftSession } from './nft-session.js';
import { reportRefusal } from './refusal.js';
import type { ElementChanges } from '../nftables/set-driver.js';

const APPLIED: ChangeReport = Object.freeze({ outcome: 'applied' });
/** Where the kernel's work outweighs the 20 µs of changing threads. */
const THREAD_ENTRIES = 64;
/**
 * At first, when the code that writes them has not been compiled yet and takes ten times as long;
 * and after a failure: so many, each in a message of its own, fail without their errors overrunning.
 */
const MIN_WINDOW = 512;
/**
 * Some 2 ms of the kernel's time, and a quarter of one of ours to write. A million took the kernel
 * alone 1.0 s in transactions of 1,024, 1.1 s of 4,096 and 1.2 s of 8,192; each costs some 0.1 ms to
 * hand over. And where the kernel has taken our processor, it comes back sooner.
 */
const MAX_WINDOW = 2048;
const TOO_LONG = [EMSGSIZE, ENOBUFS];

/**
 * Changes hash sets in transactions in which one bad entry costs one entry.
 *
 * A transaction is all or nothing, and the kernel names the first bad element of each message. So
 * the bad ones are taken out, what stood behind them gets messages of its own, which are named one
 * by one, and the rest is sent again: three transactions, whatever the number of bad ones.
 */
export class ElementChanger {
  readonly #session: NftSession;
  readonly #context: BatchContext;
  #second: MessageWriter | undefined;
  #limit = MAX_WINDOW;
  #window = MIN_WINDOW;

  constructor(session: NftSession, renewal: Renewal) {
    const { connection, table } = session;
    this.#session = session;
    this.#context = { connection, table, renewal, template: new ElementTemplate() };
  }

  /** @returns as `SetDriver.changeElements` */
  async apply(elements: ElementChanges): Promise<(ChangeReport | undefined)[]> {
    const { length } = elements.changes;
    const reports = new Array<ChangeReport | undefined>(length);
    const slice = new TimeSlice();
    const alone = new Set<number>();
    let places: ArrayLike<number> = upTo(length);
    let start = 0;
    // Aborting a transaction takes the kernel some 10 ms: what was too long once is not tried again.
    let ceiling = this.#limit;
    const prepare = (from: number, writer = this.#session.writer): ElementBatch => {
      const transaction = this.#session.begin(writer);
      return new ElementBatch(
        this.#context,
        transaction,
        elements,
        places,
        from,
        this.#window,
        alone,
      );
    };
    let batch: ElementBatch | undefined;
    while (start < places.length) {
      batch ??= prepare(start);
      const next = start + batch.written;
      let ahead: ElementBatch | undefined;
      try {
        const committed = this.#session.commit(batch.transaction, batch.written > THREAD_ENTRIES);
        // While the kernel works through one, the next is written into the other buffer.
        if (next < places.length && batch.written > THREAD_ENTRIES) {
          ahead = prepare(next, this.#otherWriter(batch));
        }
        const outcome = await committed;
        if (outcome === 'stale') return reports;
        if (outcome.length === 0) {
          for (let index = start; index < next; index++) reports[at(places, index)] = APPLIED;
          start = next;
          this.#window = Math.min(4 * this.#window, ceiling);
        } else {
          ahead = undefined;
          this.#judge(elements, places, start, batch, outcome, alone, reports);
          places = stillOpen(places, start, reports);
          start = 0;
          this.#window = Math.min(MIN_WINDOW, ceiling);
        }
      } catch (error) {
        if (!(error instanceof NetlinkError) || error.code === 'CLOSED') throw error;
        ahead = undefined;
        if (TOO_LONG.includes(error.errno) && batch.written > 1) {
          // Who may not enlarge the socket's buffers gets through with less at a time.
          this.#window = ceiling = batch.written >> 1;
          if (error.errno === EMSGSIZE) this.#limit = ceiling;
        } else {
          for (let index = start; index < next; index++) {
            const place = at(places, index);
            const change = at(elements.changes, place);
            reports[place] = failedChange(change, 'unavailable', error.message);
          }
          start = next;
        }
      }
      batch = ahead;
      if (start < places.length && slice.isOver) await slice.breathe();
    }
    return reports;
  }

  /** Gives verdicts to those that the kernel has named, and marks what it has not looked at. */
  #judge(
    { changes }: ElementChanges,
    places: ArrayLike<number>,
    start: number,
    batch: ElementBatch,
    errors: readonly Acknowledgement[],
    alone: Set<number>,
    reports: (ChangeReport | undefined)[],
  ): void {
    let trusted = true;
    let blamed = false;
    for (const acknowledgement of errors) {
      const failure: BatchFailure | undefined = batch.locate(acknowledgement);
      if (failure === undefined) continue;
      for (const place of failure.untried) alone.add(place);
      // An error behind entries that were skipped may come from their absence: it is asked for again.
      if (failure.failed !== undefined && trusted) {
        reports[failure.failed] ??= reportRefusal(at(changes, failure.failed), acknowledgement);
      }
      if (failure.failed !== undefined) alone.add(failure.failed);
      if (failure.untried.length > 0) trusted = false;
      blamed = true;
    }
    if (blamed) return;
    // The transaction as a whole, such as EPERM.
    const [whole] = errors;
    for (let index = start; index < start + batch.written; index++) {
      const place = at(places, index);
      const change = at(changes, place);
      reports[place] =
        whole?.errno === EPERM
          ? failedChange(change, 'permission-denied')
          : reportRefusal(change, whole ?? { sequence: 0, errno: 0, echo: new Uint8Array() });
    }
  }

  #otherWriter({ transaction }: ElementBatch): MessageWriter {
    if (transaction.writer !== this.#session.writer) return this.#session.writer;
    // Only for those who ever need it.
    return (this.#second ??= new MessageWriter(BATCH_LENGTH));
  }
}

function upTo(length: number): Uint32Array {
  const places = new Uint32Array(length);
  for (let place = 0; place < length; place++) places[place] = place;
  return places;
}

function stillOpen(
  places: ArrayLike<number>,
  start: number,
  reports: readonly (ChangeReport | undefined)[],
): number[] {
  const open: number[] = [];
  for (let index = start; index < places.length; index++) {
    const place = at(places, index);
    if (reports[place] === undefined) open.push(place);
  }
  return open;
}

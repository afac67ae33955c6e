import {
  EMSGSIZE,
  ENOBUFS,
  NetlinkError,
  TimeSlice,
  type Acknowledgement,
  type MessageWriter,
} from '../../netlink/index.js';
import { APPLIED } from '../backend.js';
import type { ColumnVerdicts } from '../column-verdicts.js';
import { ElementBatch, type BatchContext } from './element-batch.js';
import type { NftSession } from './nft-session.js';
import { judgeRefusal, refusalOf } from './refusal.js';
import type { ElementChanges } from '../nftables/set-driver.js';

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

/** How much the kernel takes at a time, as found out: for all calls. */
export interface Limits {
  entries: number;
}

export function newLimits(): Limits {
  return { entries: MAX_WINDOW };
}

/**
 * Changes one hash set in transactions in which one bad entry costs one entry.
 *
 * A transaction is all or nothing, and the kernel names the first bad element of each message. So
 * the bad ones are taken out, what stood behind them gets messages of its own, which are named one
 * by one, and the rest is sent again: three transactions, whatever the number of bad ones.
 */
export class ElementChanger {
  readonly #session: NftSession;
  readonly #context: BatchContext;
  readonly #limits: Limits;
  readonly #elements: ElementChanges;
  readonly #verdicts: ColumnVerdicts;
  readonly #alone = new Set<number>();
  readonly #writers: MessageWriter[] = [];
  /** How many of the rows have been sent, or are to be sent again. */
  #sent = 0;
  /** Rows that come before the rest. */
  #again: readonly number[] = [];
  /** Of the last transaction's rows more than a few failed: the next ones are asked about one by one. */
  #careful = false;
  #window = MIN_WINDOW;
  /** Aborting a transaction takes the kernel some 10 ms: what was too long once is not tried again. */
  #ceiling: number;

  constructor(
    session: NftSession,
    context: BatchContext,
    limits: Limits,
    elements: ElementChanges,
    verdicts: ColumnVerdicts,
  ) {
    this.#session = session;
    this.#context = context;
    this.#limits = limits;
    this.#elements = elements;
    this.#verdicts = verdicts;
    this.#ceiling = limits.entries;
  }

  /** Rows that are pending afterwards were not tried: the ruleset has changed. */
  async apply(): Promise<void> {
    const slice = new TimeSlice();
    try {
      let batch: ElementBatch | undefined;
      while (batch !== undefined || this.#isOpen) {
        batch ??= this.#prepare(undefined);
        const sent: ElementBatch = batch;
        let ahead: ElementBatch | undefined;
        batch = undefined;
        try {
          const committed = this.#session.commit(sent.transaction, sent.written > THREAD_ENTRIES);
          // While the kernel works through one, the next is written into the other buffer.
          if (this.#isOpen && sent.written > THREAD_ENTRIES && !this.#careful) {
            ahead = this.#prepare(sent);
          }
          const outcome = await committed;
          if (outcome === 'stale') return;
          if (outcome.length === 0) {
            this.#succeed(sent);
            batch = ahead;
          } else {
            this.#putBack(ahead);
            this.#fail(sent, outcome);
          }
        } catch (error) {
          if (!(error instanceof NetlinkError) || error.code === 'CLOSED') throw error;
          this.#putBack(ahead);
          this.#surrender(sent, error);
        }
        if (slice.isOver) await slice.breathe();
      }
    } finally {
      for (const writer of this.#writers) this.#session.giveBack(writer);
    }
  }

  get #isOpen(): boolean {
    return this.#again.length > 0 || this.#sent < this.#elements.rows.length;
  }

  /** Writes what comes next. @param taken has the buffer that is on its way */
  #prepare(taken: ElementBatch | undefined): ElementBatch {
    const transaction = this.#session.begin(
      this.#writer(taken?.transaction.writer),
      this.#elements.set,
    );
    const context = this.#context;
    const [rows, start, alone] =
      this.#again.length > 0
        ? ([this.#again, 0, this.#alone] as const)
        : ([this.#elements.rows, this.#sent, this.#careful ? 'all' : NONE] as const);
    const batch = new ElementBatch(
      context,
      transaction,
      this.#elements,
      rows,
      start,
      this.#window,
      alone,
    );
    if (this.#again.length > 0) this.#again = this.#again.slice(batch.written);
    else this.#sent += batch.written;
    return batch;
  }

  /** What was written ahead comes again behind what has to be sent again. */
  #putBack(ahead: ElementBatch | undefined): void {
    if (ahead !== undefined) this.#again = [...ahead.rows(), ...this.#again];
  }

  #succeed(batch: ElementBatch): void {
    const { outcomes } = this.#verdicts;
    for (const row of batch.rows()) outcomes[row] = APPLIED;
    this.#window = Math.min(4 * this.#window, this.#ceiling);
  }

  #fail(batch: ElementBatch, errors: readonly Acknowledgement[]): void {
    this.#judge(batch, errors);
    const open = batch.rows().filter((row) => this.#verdicts.isPending(row));
    this.#again = [...open, ...this.#again];
    this.#careful = batch.written - open.length > batch.written / 8;
    this.#window = Math.min(this.#careful ? this.#window : MIN_WINDOW, this.#ceiling);
  }

  #surrender(batch: ElementBatch, error: NetlinkError): void {
    if (TOO_LONG.includes(error.errno) && batch.written > 1) {
      // Who may not enlarge the socket's buffers gets through with less at a time.
      this.#window = this.#ceiling = batch.written >> 1;
      if (error.errno === EMSGSIZE) this.#limits.entries = this.#ceiling;
      this.#again = [...batch.rows(), ...this.#again];
      return;
    }
    for (const row of batch.rows()) this.#verdicts.fail(row, 'unavailable', error.message);
  }

  /** Gives verdicts to those that the kernel has named, and marks what it has not looked at. */
  #judge(batch: ElementBatch, errors: readonly Acknowledgement[]): void {
    const { columns } = this.#elements;
    let trusted = true;
    let blamed = false;
    for (const acknowledgement of errors) {
      const failure = batch.locate(acknowledgement);
      if (failure === undefined) continue;
      for (const row of failure.untried) this.#alone.add(row);
      // An error behind entries that were skipped may come from their absence: it is asked for again.
      const { failed } = failure;
      if (failed !== undefined && trusted && this.#verdicts.isPending(failed)) {
        judgeRefusal(this.#verdicts, columns, failed, acknowledgement);
      }
      if (failed !== undefined) this.#alone.add(failed);
      if (failure.untried.length > 0) trusted = false;
      blamed = true;
    }
    if (blamed) return;
    // The transaction as a whole, such as EPERM.
    const [whole] = errors;
    const { fault, detail } = refusalOf(whole ?? { sequence: 0, errno: 0, echo: NOTHING });
    for (const row of batch.rows()) this.#verdicts.fail(row, fault, detail);
  }

  /** Has two at most: one on its way, and one that is written. */
  #writer(taken: MessageWriter | undefined): MessageWriter {
    const free = this.#writers.find((writer) => writer !== taken);
    if (free !== undefined) return free;
    const writer = this.#session.lendWriter();
    this.#writers.push(writer);
    return writer;
  }
}

const NONE: ReadonlySet<number> = new Set();
const NOTHING = new Uint8Array(0);

import {
  AnswerLostError,
  EMSGSIZE,
  ENOBUFS,
  ENOENT,
  EPERM,
  NetlinkError,
  TimeSlice,
  type Acknowledgement,
  type MessageWriter,
} from '../../netlink/index.js';
import { ADD_NEW, APPLIED, type ChangeColumns, type ChangeVerdicts } from '../backend.js';
import { ColumnVerdicts } from '../column-verdicts.js';
import { needsSureKind, refuseEntry } from './check-entry.js';
import { IPSET_ERR_COMMENT } from './linux-ip-set.js';
import type { SetKind } from './read-set.js';
import { judgeRefusal } from './refusal.js';
import { failedIndex, nextRun, type Run } from './run.js';
import { MAX_ATTEMPTS, type IpsetSession } from './session.js';
import type { SetKinds } from './set-kinds.js';
import {
  endEntries,
  MAX_ONE_LENGTH,
  roomFor,
  startEntries,
  writeEntry,
  writeOne,
} from './write-entries.js';

// Larger is faster: 256, 512, 1,024 and 2,048 entries a message took 1.3, 1.25, 1.15 and 1.0 s of
// processor time for a million. IPv6 fills a message (an attribute's length has 16 bits) with fewer.
const MAX_ENTRIES = 2048;
/** Entries in messages of their own that go in one datagram. */
const MAX_SINGLES = 256;
/** Below, messages of their own cost less: a failing one holds up none behind it. */
const MIN_LIST = 32;
const TOO_LONG = [EMSGSIZE, ENOBUFS];

/** How much the kernel takes at a time, as found out: for all calls. */
export interface Limits {
  entries: number;
}

export function newLimits(): Limits {
  return { entries: MAX_ENTRIES };
}

/** A list that is ready to be sent. */
interface EntryList extends Run {
  readonly written: number;
  /** What the set was when it was written. */
  readonly kind: SetKind;
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly writer: MessageWriter;
}

/**
 * Applies changes of one set in order.
 *
 * A message carries a list of up to 2,048 of one kind. The kernel works through it until one fails
 * and tells its line: what is behind was copied for nothing. So from there on each entry goes in a
 * message of its own, 256 of them in a datagram, of which the kernel tells those that failed; once
 * none does, lists follow again. So one bad entry costs one entry, and many bad ones cost little
 * more than good ones.
 */
export class ColumnApplication {
  readonly #session: IpsetSession;
  readonly #kinds: SetKinds;
  readonly #limits: Limits;
  readonly #columns: ChangeColumns;
  readonly #verdicts: ColumnVerdicts;
  #next = 0;
  #singly = false;
  #window: number;
  #ahead: EntryList | undefined;
  /** Whether the set takes comments; undefined: nothing has told yet. */
  #commented: boolean | undefined;
  /** Errors after which the set was looked at again. */
  #seenErrors: Set<number> | undefined;
  #writers: MessageWriter[] | undefined;

  constructor(session: IpsetSession, kinds: SetKinds, limits: Limits, columns: ChangeColumns) {
    this.#session = session;
    this.#kinds = kinds;
    this.#limits = limits;
    this.#columns = columns;
    this.#verdicts = new ColumnVerdicts(columns);
    this.#window = limits.entries;
  }

  /** @throws NetlinkError `CLOSED`; any other failure is a verdict */
  async apply(): Promise<ChangeVerdicts> {
    const slice = this.#columns.length > MAX_SINGLES ? new TimeSlice() : undefined;
    try {
      while (this.#next < this.#columns.length) {
        // Between two turns, others have theirs.
        await this.#session.inTurn(() => this.#step());
        if (this.#next < this.#columns.length && slice?.isOver === true) await slice.breathe();
      }
      return this.#verdicts;
    } finally {
      for (const writer of this.#writers ?? []) this.#session.giveBack(writer);
    }
  }

  /** Sends one datagram and judges what became of it. */
  async #step(): Promise<void> {
    const run = this.#nextRun();
    try {
      const kind = this.#kindFor(run);
      if (kind === undefined) this.#skip(run);
      else if (run.isList) await this.#sendList(run, kind);
      else this.#sendSingles(run, kind);
    } catch (error) {
      if (!(error instanceof NetlinkError) || error.code === 'CLOSED') throw error;
      this.#ahead = undefined;
      this.#surrender(run, error);
    }
  }

  /** What goes next: a list, where there are enough of one kind. */
  #nextRun(): Run & { readonly isList: boolean } {
    const columns = this.#columns;
    if (this.#ahead !== undefined) {
      const { start, end } = this.#ahead;
      return { start, end, isList: true };
    }
    const start = this.#next;
    const run = nextRun(columns, start, this.#window);
    if (!this.#singly && run.end - start >= MIN_LIST) return { start, end: run.end, isList: true };
    if (this.#needsTrial(start)) return { start, end: start + 1, isList: false };
    const bound = Math.min(start + Math.min(MAX_SINGLES, this.#window), columns.length);
    let end = start + 1;
    while (end < bound && !this.#needsTrial(end)) end++;
    return { start, end, isList: false };
  }

  /** Whether a set takes comments is found out with one: what is behind it may not go before it. */
  #needsTrial(index: number): boolean {
    return this.#commented === undefined && this.#columns.comments?.[index] !== undefined;
  }

  #skip({ end }: Run): void {
    this.#ahead = undefined;
    this.#next = end;
  }

  /** @returns undefined where the set cannot be asked about, and all of the run have failed */
  #kindFor(run: Run): SetKind | undefined {
    const { set } = this.#columns;
    const answer = this.#kinds.get(set, (kind) => !needsSureKind(this.#columns, run, kind));
    if (answer.ok) return answer.kind;
    for (let index = run.start; index < run.end; index++) {
      judgeRefusal(this.#verdicts, this.#columns, index, answer.errno, undefined);
    }
    return undefined;
  }

  async #sendList(run: Run, kind: SetKind): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const isGood = ahead?.kind.type === kind.type && ahead.kind.family === kind.family;
    const list = isGood ? ahead : this.#writeList(run, kind, this.#writer(undefined));
    if (list.written === 0) {
      this.#next = list.end;
      return;
    }
    const { bytes, sequence, written } = list;
    const attempts = this.#addsNew(list) ? 1 : MAX_ATTEMPTS;
    const answered = this.#session.execute(bytes, sequence, written, attempts);
    if (answered instanceof Promise) this.#writeAhead(list);
    this.#judgeList(list, await answered);
    if (this.#next !== list.end) this.#ahead = undefined;
  }

  /** While the kernel works through a list, the next one is written. */
  #writeAhead({ end, kind, writer }: EntryList): void {
    if (end >= this.#columns.length) return;
    const run = nextRun(this.#columns, end, this.#window);
    if (run.end - run.start < MIN_LIST) return;
    this.#ahead = this.#writeList(run, kind, this.#writer(writer));
  }

  /** Has two at most: one on its way, and one that is written. */
  #writer(taken: MessageWriter | undefined): MessageWriter {
    const writers = (this.#writers ??= []);
    const free = writers.find((writer) => writer !== taken);
    if (free !== undefined) return free;
    const writer = this.#session.lendWriter();
    writers.push(writer);
    return writer;
  }

  #writeList(run: Run, kind: SetKind, writer: MessageWriter): EntryList {
    const columns = this.#columns;
    const envelope = this.#session.envelope();
    const nest = startEntries(writer, envelope, columns.ops[run.start], columns.set);
    const commented = this.#commented !== false;
    let written = 0;
    let end = run.start;
    for (; end < run.end; end++) {
      if (writer.room < roomFor(columns, end)) break;
      if (refuseEntry(this.#verdicts, this.#columns, end, kind)) continue;
      writeEntry(writer, columns, end, commented);
      written++;
    }
    const bytes = endEntries(writer, nest);
    return { start: run.start, end, written, kind, sequence: envelope.sequence, bytes, writer };
  }

  #judgeList(list: EntryList, acknowledgement: Acknowledgement): void {
    const { errno } = acknowledgement;
    this.#next = list.end;
    if (errno === 0) {
      this.#window = Math.min(4 * this.#window, this.#limits.entries);
      return;
    }
    const failed = failedIndex(acknowledgement, list);
    if (failed !== undefined) {
      this.#next = failed + 1;
      if (errno === IPSET_ERR_COMMENT) {
        // A comment is worth having, not worth failing for.
        this.#commented = false;
        this.#next = failed;
      } else {
        this.#judge(failed, errno);
        this.#singly = true;
      }
      return;
    }
    if (list.written > 1 && errno !== ENOENT && errno !== EPERM) {
      // Out of memory or the like, and no word on where.
      this.#singly = true;
      this.#next = list.start;
      return;
    }
    this.#kinds.forget(this.#columns.set);
    for (let index = list.start; index < list.end; index++) {
      if (this.#verdicts.outcomes[index] === APPLIED) {
        judgeRefusal(this.#verdicts, this.#columns, index, errno, undefined);
      }
    }
  }

  #sendSingles({ start, end }: Run, kind: SetKind): void {
    const columns = this.#columns;
    const { writer } = this.#session;
    const indices: number[] = [];
    for (let index = start; index < end; index++) {
      if (!refuseEntry(this.#verdicts, this.#columns, index, kind)) indices.push(index);
    }
    this.#next = end;
    if (indices.length === 0) return;

    writer.reset();
    let first = 0;
    let last = 0;
    for (const [place, index] of indices.entries()) {
      // Comments may fill it before all are in.
      const isFull = writer.room < 2 * MAX_ONE_LENGTH;
      const isLast = isFull || place + 1 === indices.length;
      const envelope = this.#session.envelope();
      last = envelope.sequence;
      if (place === 0) first = last;
      writeOne(writer, envelope, columns, index, this.#commented !== false, isLast);
      if (!isFull) continue;
      indices.length = place + 1;
      this.#next = index + 1;
    }
    const attempts = this.#addsNew({ start, end: this.#next }) ? 1 : MAX_ATTEMPTS;
    const answers = this.#session.executeEach(writer.bytes(), first, last, attempts);
    this.#judgeSingles(indices, first, answers);
  }

  #judgeSingles(
    indices: readonly number[],
    first: number,
    answers: readonly Acknowledgement[],
  ): void {
    let failures = 0;
    for (const { sequence, errno } of answers) {
      if (errno === 0) continue;
      failures++;
      // Sequence numbers go round behind 4294967295, to 1.
      const place = sequence >= first ? sequence - first : sequence + 0xffff_ffff - first;
      const index = indices[place];
      if (index === undefined) continue;
      if (errno === IPSET_ERR_COMMENT) {
        this.#commented = false;
        this.#next = index;
        return;
      }
      this.#judge(index, errno);
    }
    const [index] = indices;
    if (index !== undefined && this.#needsTrial(index)) this.#commented = true;
    this.#singly &&= failures > 0;
    if (failures === 0) this.#window = Math.min(4 * this.#window, this.#limits.entries);
  }

  #judge(index: number, errno: number): void {
    const { set } = this.#columns;
    const seen = this.#kinds.get(set, () => true);
    judgeRefusal(this.#verdicts, this.#columns, index, errno, seen.ok ? seen.kind.type : undefined);
    if (!this.#verdicts.failures.has(index) || this.#seenErrors?.has(errno) === true) return;
    // The same number means something else in another type, and the set may have been replaced.
    (this.#seenErrors ??= new Set()).add(errno);
    const now = this.#kinds.ask(set);
    if (!now.ok || refuseEntry(this.#verdicts, this.#columns, index, now.kind)) return;
    judgeRefusal(this.#verdicts, this.#columns, index, errno, now.kind.type);
  }

  /** The kernel, or the way to it, could not be asked. */
  #surrender(run: Run, error: NetlinkError): void {
    const length = run.end - run.start;
    const isLost = error instanceof AnswerLostError;
    if (TOO_LONG.includes(error.errno) && length > 1 && !(isLost && this.#addsNew(run))) {
      // Who may not enlarge the socket's buffers gets through with less at a time.
      this.#window = Math.max(1, Math.min(length, this.#window) >> 1);
      if (error.errno === EMSGSIZE) this.#limits.entries = this.#window;
      this.#next = run.start;
      return;
    }
    for (let index = run.start; index < run.end; index++) {
      this.#verdicts.fail(index, 'unavailable', error.message);
    }
    this.#next = run.end;
  }

  /** Whether asking again would find there what is only there since it was asked for before. */
  #addsNew({ start, end }: Run): boolean {
    const { ops } = this.#columns;
    for (let index = start; index < end; index++) if (ops[index] === ADD_NEW) return true;
    return false;
  }
}

import { isSingleAddress } from '../../address/address.js';
import {
  EMSGSIZE,
  ENOBUFS,
  ENOENT,
  EPERM,
  NetlinkError,
  TimeSlice,
  type Acknowledgement,
  type MessageWriter,
} from '../../netlink/index.js';
import type { SetName } from '../../words/names.js';
import { SET_TYPES, type Change, type ChangeReport } from '../backend.js';
import { timeoutProblem } from '../check-timeout.js';
import { failedChange } from '../explain-fault.js';
import { changeAt, failedIndex, nextRun, type Run } from './run.js';
import { IPSET_ERR_COMMENT } from './linux-ip-set.js';
import type { SetKind } from './read-set.js';
import { reportRefusal } from './refusal.js';
import type { IpsetSession } from './session.js';
import { SetKinds } from './set-kinds.js';
import { endEntries, roomFor, startEntries, writeEntry } from './write-entries.js';

const APPLIED: ChangeReport = Object.freeze({ outcome: 'applied' });

// Larger is faster: 256, 512, 1,024 and 2,048 entries a message took 1.3, 1.25, 1.15 and 1.0 s of
// processor time for a million. IPv6 fills a message (an attribute's length has 16 bits) with fewer.
const MAX_ENTRIES = 2048;
const TOO_LONG = [EMSGSIZE, ENOBUFS];

/** A message that is ready to be sent; as a run, the changes that are in it. */
interface EntryMessage extends Run {
  /** The run that it was made of, which may have been too long for it. */
  readonly asked: Run;
  readonly written: number;
  /** What the set was when it was written. */
  readonly kind: SetKind;
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly writer: MessageWriter;
}

/**
 * Applies changes in order, each message carrying a run of changes of one kind to one set.
 *
 * The kernel works through a message's entries until one fails and tells its line; the next message
 * starts behind it. So one bad entry costs one entry. What stands behind the failing one was copied
 * for nothing, so messages get shorter when lines fail and longer again when none do: 10,000
 * failures cost 10,000 short messages, not 10,000 long ones.
 */
export class ChangeApplier {
  readonly #session: IpsetSession;
  readonly #kinds: SetKinds;
  #limit = MAX_ENTRIES;
  #window = MAX_ENTRIES;
  /** Sets that refused a comment in this call: their entries go without. */
  readonly #uncommented = new Set<SetName>();

  constructor(session: IpsetSession) {
    this.#session = session;
    this.#kinds = new SetKinds(session);
  }

  /** @throws NetlinkError `CLOSED`; any other failure is a report */
  async apply(changes: readonly Change[]): Promise<ChangeReport[]> {
    const reports = new Array<ChangeReport>(changes.length);
    const slice = new TimeSlice();
    this.#window = this.#limit;
    this.#uncommented.clear();
    let next = 0;
    let ahead: EntryMessage | undefined;
    while (next < changes.length) {
      const run = ahead?.asked ?? nextRun(changes, next, this.#window);
      try {
        const message = this.#confirm(changes, run, reports, ahead);
        ahead = undefined;
        if (message === undefined || message.written === 0) {
          next = message?.end ?? run.end;
        } else {
          const { bytes, sequence, written, end } = message;
          // What was deleted by a message whose answer got lost is `unchanged` the second time.
          const answered = this.#session.execute(bytes, sequence, written);
          if (answered instanceof Promise) {
            ahead = this.#writeAhead(changes, message, reports);
            next = this.#judge(changes, message, reports, await answered);
            if (next !== end) ahead = undefined;
          } else {
            next = this.#judge(changes, message, reports, answered);
          }
        }
      } catch (error) {
        if (!(error instanceof NetlinkError) || error.code === 'CLOSED') throw error;
        ahead = undefined;
        const { message, errno } = error;
        const length = run.end - run.start;
        if (TOO_LONG.includes(errno) && length > 1) {
          // Who may not enlarge the socket's buffers gets through with less at a time.
          this.#window = length >> 1;
          if (errno === EMSGSIZE) this.#limit = this.#window;
        } else {
          fill(changes, run, reports, (change) => failedChange(change, 'unavailable', message));
          next = run.end;
        }
      }
      if (next < changes.length && slice.isOver) await slice.breathe();
    }
    return reports;
  }

  /**
   * @param ahead the run's message, where it is written already for what the set was before
   * @returns undefined where the set cannot be asked about, and all have their reports
   */
  #confirm(
    changes: readonly Change[],
    run: Run,
    reports: ChangeReport[],
    ahead: EntryMessage | undefined,
  ): EntryMessage | undefined {
    const { set } = changeAt(changes, run.start);
    const answer = this.#kinds.get(set, (kind) => !needsSureKind(changes, run, kind));
    if (!answer.ok) {
      fill(changes, run, reports, (change) => reportRefusal(change, answer.errno, undefined));
      return undefined;
    }
    const { type, family } = answer.kind;
    if (ahead?.kind.type === type && ahead.kind.family === family) return ahead;
    return this.#write(changes, run, reports, answer.kind, this.#session.writer);
  }

  /** While the kernel works through a message, the next one is written. */
  #writeAhead(
    changes: readonly Change[],
    { end, kind, asked, writer }: EntryMessage,
    reports: ChangeReport[],
  ): EntryMessage | undefined {
    if (end >= changes.length) return undefined;
    const run = nextRun(changes, end, this.#window);
    if (changeAt(changes, end).set !== changeAt(changes, asked.start).set) return undefined;
    return this.#write(changes, run, reports, kind, this.#session.otherWriter(writer));
  }

  #write(
    changes: readonly Change[],
    run: Run,
    reports: ChangeReport[],
    kind: SetKind,
    writer: MessageWriter,
  ): EntryMessage {
    const { op, set } = changeAt(changes, run.start);
    const envelope = this.#session.envelope();
    const nest = startEntries(writer, envelope, op, set);
    const commented = !this.#uncommented.has(set);
    let written = 0;
    let end = run.start;
    for (; end < run.end; end++) {
      const change = changeAt(changes, end);
      if (writer.room < roomFor(change)) break;
      const refusal = refuse(change, kind);
      if (refusal === undefined) {
        writeEntry(writer, change, end + 1, commented);
        written++;
        reports[end] = APPLIED;
      } else {
        reports[end] = refusal;
      }
    }
    const bytes = endEntries(writer, nest);
    const { sequence } = envelope;
    return { asked: run, start: run.start, end, written, kind, sequence, bytes, writer };
  }

  /** Gives verdicts to what the message did. @returns where to go on */
  #judge(
    changes: readonly Change[],
    run: EntryMessage,
    reports: ChangeReport[],
    acknowledgement: Acknowledgement,
  ): number {
    const { written } = run;
    const { errno } = acknowledgement;
    if (errno === 0) {
      this.#window = Math.min(4 * this.#window, this.#limit);
      return run.end;
    }
    const failed = failedIndex(acknowledgement, run);
    if (failed !== undefined) {
      if (errno === IPSET_ERR_COMMENT) {
        // A comment is worth having, not worth failing for.
        this.#uncommented.add(changeAt(changes, failed).set);
        return failed;
      }
      reports[failed] = this.#verdict(changeAt(changes, failed), errno);
      this.#window = Math.max(2 * (failed - run.start), 1);
      return failed + 1;
    }
    if (written > 1 && errno !== ENOENT && errno !== EPERM) {
      // Out of memory or the like, and no word on where: find out one by one.
      this.#window = 1;
      return run.start;
    }
    this.#kinds.forget(changeAt(changes, run.start).set);
    for (let index = run.start; index < run.end; index++) {
      if (reports[index] === APPLIED) {
        reports[index] = reportRefusal(changeAt(changes, index), errno, undefined);
      }
    }
    return run.end;
  }

  #verdict(change: Change, errno: number): ChangeReport {
    const seen = this.#kinds.get(change.set, () => true);
    const report = reportRefusal(change, errno, seen.ok ? seen.kind.type : undefined);
    if (report.outcome !== 'failed') return report;
    // The same number means something else in another type, and the set may have been replaced.
    const now = this.#kinds.ask(change.set);
    if (!now.ok) return report;
    return refuse(change, now.kind) ?? reportRefusal(change, errno, now.kind.type);
  }
}

/**
 * Whether what was seen of the set is not enough: a prefix in hash:ip would unfold into all its
 * addresses, and nothing may be refused for what the set was before somebody replaced it.
 */
function needsSureKind(changes: readonly Change[], { start, end }: Run, kind: SetKind): boolean {
  for (let index = start; index < end; index++) {
    const change = changeAt(changes, index);
    if (!isSingleAddress(change.address) || change.address.family !== kind.family) return true;
  }
  return !isEditable(kind);
}

function isEditable(kind: SetKind): boolean {
  return SET_TYPES.some((type) => type === kind.type);
}

/** What the kernel would take and do something else with, or cannot say in its own words. */
function refuse(change: Change, kind: SetKind): ChangeReport | undefined {
  if (!isEditable(kind)) {
    const detail = `set ${change.set} is a ${kind.type}, which Vallum does not edit; make it a ${SET_TYPES.join(', ')}`;
    return failedChange(change, 'unsupported-type', detail);
  }
  if (change.address.family !== kind.family) return failedChange(change, 'wrong-family');
  const problem = timeoutProblem(change);
  if (problem !== undefined) return failedChange(change, 'unstorable', problem);
  if (kind.type !== 'hash:net' && !isSingleAddress(change.address)) {
    return failedChange(change, 'prefix-unsupported');
  }
  return undefined;
}

function fill(
  changes: readonly Change[],
  { start, end }: Run,
  reports: ChangeReport[],
  report: (change: Change) => ChangeReport,
): void {
  for (let index = start; index < end; index++) reports[index] = report(changeAt(changes, index));
}

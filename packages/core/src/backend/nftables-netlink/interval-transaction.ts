import type { Family } from '../../address/address.js';
import {
  EEXIST,
  ENFILE,
  ENOENT,
  ENOTEMPTY,
  MessageWriter,
  NetlinkError,
  TimeSlice,
} from '../../netlink/index.js';
import { IntervalTemplate } from './interval-template.js';
import type { NftSession, Transaction } from './nft-session.js';
import type { Interval } from '../../address/position.js';
import { refusalOf } from './refusal.js';
import type { IntervalOutcome, NftSet, Piece } from '../nftables/set-driver.js';
import {
  endElements,
  MAX_ELEMENT_LENGTH,
  MAX_LIST_LENGTH,
  startElements,
  type OpenList,
} from './write-elements.js';

/** Of both ends of an interval with its times, without a comment. */
const PAIR_LENGTH: Readonly<Record<Family, number>> = { ipv4: 64, ipv6: 88 };
/** Begin and end of the batch, and headers of messages, one for each list. */
const ENVELOPE_LENGTH = 1024;
const THREAD_ENTRIES = 64;
/** The clock is looked at once for so many. */
const LOOK_AT_CLOCK = 0xff;

/** Writes a transaction that replaces pieces of an interval set by others, all or nothing. */
export async function prepareIntervals(
  session: NftSession,
  set: NftSet,
  family: Family,
  removed: readonly Interval[],
  added: readonly Piece[],
  nowMs: number,
): Promise<() => Promise<IntervalOutcome>> {
  const entries = removed.length + added.length;
  // Its own writer: the one before may be on its way yet.
  const writer = new MessageWriter(lengthOf(family, entries, added));
  const transaction = session.begin(writer, set);
  const template = new IntervalTemplate(family);
  await writeAll(session, writer, set, 'del', removed, (interval) => {
    template.write(writer, interval, undefined);
  });
  await writeAll(session, writer, set, 'add', added, (piece) => {
    template.write(writer, piece, timeoutOf(piece, set, nowMs));
  });
  // A commit into a large interval set takes long, whatever is in it.
  const isLarge = entries > THREAD_ENTRIES || (set.count ?? Infinity) > 1000;
  return () => commit(session, transaction, isLarge);
}

function lengthOf(family: Family, entries: number, added: readonly Piece[]): number {
  let length = entries * PAIR_LENGTH[family];
  for (const { comment } of added) if (comment !== undefined) length += MAX_ELEMENT_LENGTH;
  return length + (2 + Math.floor(length / MAX_LIST_LENGTH)) * ENVELOPE_LENGTH;
}

async function commit(
  session: NftSession,
  transaction: Transaction,
  isLarge: boolean,
): Promise<IntervalOutcome> {
  try {
    const outcome = await session.commit(transaction, isLarge);
    if (outcome === 'stale') return 'stale';
    if (outcome.length === 0) return 'done';
    // What follows from an element that had no room is not what went wrong.
    const full = outcome.find(({ errno }) => errno === ENFILE);
    if (full !== undefined) return refusalOf(full);
    const mismatch = outcome.some(({ errno }) => [ENOENT, EEXIST, ENOTEMPTY].includes(errno));
    const [first] = outcome;
    if (mismatch || first === undefined) return 'mismatch';
    return refusalOf(first);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code === 'CLOSED') throw error;
    return { fault: 'unavailable', detail: error.message };
  }
}

async function writeAll<Item>(
  { connection, table }: NftSession,
  writer: MessageWriter,
  set: NftSet,
  op: 'add' | 'del',
  items: readonly Item[],
  write: (item: Item) => void,
): Promise<void> {
  const slice = new TimeSlice();
  let list: OpenList | undefined;
  let written = 0;
  for (const item of items) {
    if (list !== undefined && writer.length - list.nest > MAX_LIST_LENGTH) {
      endElements(writer, list);
      list = undefined;
    }
    list ??= startElements(writer, table, op, set.name, connection.nextSequence());
    write(item);
    if ((++written & LOOK_AT_CLOCK) === 0 && slice.isOver) await slice.breathe();
  }
  if (list !== undefined) endElements(writer, list);
}

/** At least a millisecond: 0 would be for ever. */
function timeoutOf(
  { endsAtMs }: Piece,
  { defaultTimeoutMs }: NftSet,
  nowMs: number,
): number | undefined {
  if (defaultTimeoutMs === undefined) return undefined;
  return endsAtMs === Infinity ? 0 : Math.max(1, Math.round(endsAtMs - nowMs));
}

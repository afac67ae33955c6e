import type { Family } from '../../address/address.js';
import {
  EEXIST,
  ENOENT,
  ENOTEMPTY,
  MessageWriter,
  NetlinkError,
  TimeSlice,
} from '../../netlink/index.js';
import { failedChange } from '../explain-fault.js';
import type { NftSession } from './nft-session.js';
import { reportRefusal } from './refusal.js';
import type { Interval, IntervalOutcome, NftSet, Piece } from './set-driver.js';
import {
  endElements,
  MAX_ELEMENT_LENGTH,
  MAX_LIST_LENGTH,
  startElements,
  writeInterval,
  type OpenList,
} from './write-elements.js';

/** Of both ends of an interval, without a comment. */
const LIKELY_LENGTH = 128;
const THREAD_ENTRIES = 64;

/** Replaces pieces of an interval set by others, all or nothing. */
export async function replaceIntervals(
  session: NftSession,
  set: NftSet,
  family: Family,
  removed: readonly Interval[],
  added: readonly Piece[],
  nowMs: number,
): Promise<IntervalOutcome> {
  const entries = removed.length + added.length;
  const commented = added.filter(({ comment }) => comment !== undefined).length;
  const need = entries * LIKELY_LENGTH + commented * MAX_ELEMENT_LENGTH + 0x1_0000;
  const writer = need > session.writer.capacity ? new MessageWriter(need) : session.writer;
  const transaction = session.begin(writer);
  await writeAll(session, writer, set, 'del', removed, (interval) => {
    writeInterval(writer, family, interval, undefined);
  });
  await writeAll(session, writer, set, 'add', added, (piece) => {
    writeInterval(writer, family, piece, timeoutOf(piece, set, nowMs));
  });
  try {
    // A commit into a large interval set takes long, whatever is in it.
    const large = entries > THREAD_ENTRIES || (set.count ?? Infinity) > 1000;
    const outcome = await session.commit(transaction, large);
    if (outcome === 'stale') return 'stale';
    if (outcome.length === 0) return 'done';
    const mismatch = outcome.some(({ errno }) => [ENOENT, EEXIST, ENOTEMPTY].includes(errno));
    const [first] = outcome;
    if (mismatch || first === undefined) return 'mismatch';
    return { report: (change) => reportRefusal(change, first) };
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code === 'CLOSED') throw error;
    return { report: (change) => failedChange(change, 'unavailable', error.message) };
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
  for (const item of items) {
    if (list !== undefined && writer.length - list.nest > MAX_LIST_LENGTH) {
      endElements(writer, list);
      list = undefined;
      if (slice.isOver) await slice.breathe();
    }
    list ??= startElements(writer, table, op, set.name, connection.nextSequence());
    write(item);
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

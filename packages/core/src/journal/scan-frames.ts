import { TimeSlice } from '../system/time-slice.js';
import { crc32 } from './crc32.js';
import { MAGIC, MAX_FRAME_LENGTH, HEAD_LENGTH, PREFIX_LENGTH } from './frame.js';

const CHUNK = 1 << 19;
const MAGIC_BYTES = Buffer.from(new Uint32Array([MAGIC]).buffer);

export interface FrameSource {
  /** As `Disk.read`. */
  read(into: Uint8Array, position: number): Promise<number>;
}

export interface FrameSink {
  /** @returns false where the frame is not understood: it counts as damage */
  frame(bytes: Uint8Array): boolean;
  /** Bytes that are no frame, a piece at a time; `isNew`: the piece does not continue the last one. */
  damage(bytes: Uint8Array, position: number, isNew: boolean): Promise<void>;
}

/** What can be said of the bytes that come next. */
type Finding =
  | { readonly is: 'frame'; readonly length: number }
  | { readonly is: 'nothing' }
  /** Cannot be said without so many bytes; where the file ends before, it is cut off. */
  | { readonly is: 'more'; readonly length: number };

/**
 * Finds the frames in `[from, until)` of a file. Behind damage it goes on at the next frame whose
 * sums are right. Breathes.
 *
 * @returns how many bytes at the end are the beginning of a frame that a crash cut off
 */
export async function scanFrames(
  source: FrameSource,
  from: number,
  until: number,
  sink: FrameSink,
): Promise<{ tornBytes: number }> {
  const slice = new TimeSlice();
  let bytes = Buffer.from(new ArrayBuffer(CHUNK));
  /** What is read and not yet looked at is `bytes[start, end)`; `end` is `position` in the file. */
  let start = 0;
  let end = 0;
  let position = from;
  let inDamage = false;

  /** @returns false where the file ends before there are so many */
  const have = async (length: number): Promise<boolean> => {
    while (end - start < length && position < until) {
      if (start > 0 || bytes.length < length) {
        const larger = bytes.length < length ? Buffer.from(new ArrayBuffer(2 * length)) : bytes;
        bytes.copy(larger, 0, start, end);
        bytes = larger;
        end -= start;
        start = 0;
      }
      const room = bytes.subarray(end, Math.min(bytes.length, end + until - position));
      const count = await source.read(room, position);
      if (count === 0) {
        until = position;
        break;
      }
      end += count;
      position += count;
    }
    return end - start >= length;
  };
  const damage = async (length: number): Promise<void> => {
    const place = position - (end - start);
    await sink.damage(bytes.subarray(start, start + length), place, !inDamage);
    inDamage = true;
    start += length;
  };

  for (;;) {
    if (start === end) start = end = 0;
    if (!(await have(PREFIX_LENGTH)) && start === end) return { tornBytes: 0 };
    let found = look(bytes, start, end);
    if (found.is === 'more' && (await have(found.length))) found = look(bytes, start, end);
    if (found.is === 'frame') {
      const { length } = found;
      if (sink.frame(bytes.subarray(start, start + length))) {
        inDamage = false;
        start += length;
      } else {
        await damage(length);
      }
    } else if (found.is === 'nothing') {
      await damage(nextCandidate(bytes, start + 1, end, position === until) - start);
    } else {
      // All that is left of the file is in memory. Is it one frame cut off, or is one behind it whole?
      const next = findFrame(bytes, start + 1, end);
      if (next === undefined) {
        if (!inDamage) return { tornBytes: end - start };
        await damage(end - start);
      } else {
        await damage(next - start);
      }
    }
    if (slice.isOver) await slice.breathe();
  }
}

function look(bytes: Buffer, start: number, end: number): Finding {
  const have = end - start;
  if (have < PREFIX_LENGTH) {
    const length = Math.min(have, MAGIC_BYTES.length);
    return bytes.compare(MAGIC_BYTES, 0, length, start, start + length) === 0
      ? { is: 'more', length: PREFIX_LENGTH }
      : { is: 'nothing' };
  }
  const prefix = new DataView(bytes.buffer, start, PREFIX_LENGTH);
  const length = prefix.getUint32(4, LITTLE);
  if (
    prefix.getUint32(0, LITTLE) !== MAGIC ||
    length < HEAD_LENGTH ||
    length > MAX_FRAME_LENGTH ||
    prefix.getUint32(12, LITTLE) !== crc32(bytes, start, start + 12)
  ) {
    return { is: 'nothing' };
  }
  if (have < length) return { is: 'more', length };
  return prefix.getUint32(8, LITTLE) === crc32(bytes, start + PREFIX_LENGTH, start + length)
    ? { is: 'frame', length }
    : { is: 'nothing' };
}

const LITTLE = MAGIC_BYTES[0] === (MAGIC & 0xff);

/** Where the next frame may begin; of its magic at the end only a part may have been read. */
function nextCandidate(bytes: Buffer, from: number, end: number, isLast: boolean): number {
  const found = bytes.subarray(0, end).indexOf(MAGIC_BYTES, from);
  if (found >= 0) return found;
  return isLast ? end : Math.max(from, end - MAGIC_BYTES.length + 1);
}

function findFrame(bytes: Buffer, from: number, end: number): number | undefined {
  const searched = bytes.subarray(0, end);
  for (
    let at = searched.indexOf(MAGIC_BYTES, from);
    at >= 0;
    at = searched.indexOf(MAGIC_BYTES, at + 1)
  ) {
    if (look(bytes, at, end).is === 'frame') return at;
  }
  return undefined;
}

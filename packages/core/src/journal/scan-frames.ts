import { TimeSlice } from '../system/time-slice.js';
import { crc32 } from './crc32.js';
import {
  align8,
  BYTE_ORDER,
  HEAD_LENGTH,
  MAGIC,
  MAX_FRAME_LENGTH,
  PREFIX_LENGTH,
} from './frame.js';

const CHUNK = 1 << 19;
const MAGIC_BYTES = /* @__PURE__ */ Buffer.from(new Uint32Array([MAGIC]).buffer);

/** As `Disk.read`. */
export type ReadAt = (into: Uint8Array, position: number) => Promise<number>;

export interface FrameSink {
  /**
   * A frame is in `[start, end)`.
   *
   * @returns false where it is not understood: it counts as damage
   */
  frame(buffer: ArrayBufferLike, start: number, end: number): boolean;
  /**
   * Bytes that are no frame, a piece at a time.
   *
   * @param position where in the file
   * @param isNew the piece does not continue the last one
   */
  damage(bytes: Uint8Array, position: number, isNew: boolean): Promise<void>;
  /** The file ends with the beginning of a frame, that a crash cut off or that is being written. */
  torn(length: number): void;
}

/**
 * Finds the frames in `[from, until)` of a file. Behind damage it goes on at the next frame whose
 * sums are right. Yields now and then, when it has let everything else run.
 */
export async function* scanFrames(
  read: ReadAt,
  from: number,
  until: number,
  sink: FrameSink,
): AsyncGenerator<void> {
  const slice = new TimeSlice();
  const ahead = new ReadAhead(read, from, until);
  const state = { inDamage: false };
  const passOver = async (length: number): Promise<void> => {
    const bytes = ahead.bytes.subarray(ahead.start, ahead.start + length);
    await sink.damage(bytes, ahead.position, !state.inDamage);
    state.inDamage = true;
    ahead.start += length;
  };

  for (;;) {
    if (ahead.have < PREFIX_LENGTH) await ahead.need(PREFIX_LENGTH);
    if (ahead.have === 0) return;
    let found = look(ahead.bytes, ahead.start, ahead.end);
    if (found < 0 && (await ahead.need(-found))) found = look(ahead.bytes, ahead.start, ahead.end);
    const { bytes, start, end } = ahead;
    if (found > 0) {
      if (sink.frame(bytes.buffer, start, start + found)) {
        state.inDamage = false;
        ahead.start += found;
      } else {
        await passOver(found);
      }
    } else if (found === 0) {
      let next = start;
      do next = nextCandidate(bytes, next + 1, end, ahead.isAll);
      while (look(bytes, next, end) === 0 && next < end && !slice.isOver);
      await passOver(next - start);
    } else {
      // All that is left of the file is in memory: one frame cut off, or is there one behind it?
      const next = findFrame(bytes, start + 1, end);
      // The sums of a whole head fit; of less than that, behind damage, nothing is known.
      const isTorn = !state.inDamage || end - start >= PREFIX_LENGTH;
      if (next === undefined && isTorn) {
        sink.torn(end - start);
        return;
      }
      await passOver((next ?? end) - start);
    }
    if (slice.isOver) {
      await slice.breathe();
      yield;
    }
  }
}

/** A part of a file in memory: what was read and not yet looked at is `bytes[start, end)`. */
class ReadAhead {
  bytes: Buffer;
  start = 0;
  end = 0;

  constructor(
    private readonly read: ReadAt,
    /** Where in the file `end` is. */
    private behind: number,
    private until: number,
  ) {
    this.bytes = Buffer.from(new ArrayBuffer(Math.min(CHUNK, align8(until - behind))));
  }

  /** Where in the file `start` is. */
  get position(): number {
    return this.behind - this.have;
  }

  get have(): number {
    return this.end - this.start;
  }

  /** Nothing of the file is left to be read. */
  get isAll(): boolean {
    return this.behind === this.until;
  }

  /** Reads on. @returns false where the file ends before there are so many bytes */
  async need(length: number): Promise<boolean> {
    while (this.have < length && !this.isAll) {
      // Frames are multiples of 8 long, so that they stay where numbers can be read in place.
      const { have } = this;
      const enough = this.bytes.length >= length;
      const room = enough
        ? this.bytes
        : Buffer.from(new ArrayBuffer(2 * (length + 8 - (length % 8))));
      this.bytes.copy(room, 0, this.start, this.end);
      this.bytes = room;
      this.start = 0;
      this.end = have;
      const most = Math.min(room.length, have + this.until - this.behind);
      const count = await this.read(room.subarray(have, most), this.behind);
      if (count === 0) this.until = this.behind;
      this.end += count;
      this.behind += count;
    }
    return this.have >= length;
  }
}

const readU32 =
  BYTE_ORDER === 'little'
    ? (bytes: Buffer, at: number): number => bytes.readUInt32LE(at)
    : (bytes: Buffer, at: number): number => bytes.readUInt32BE(at);

/**
 * What comes next.
 *
 * @returns the length of a whole frame; 0: none begins here; below 0: so many bytes are needed to
 *   tell, and where the file ends before, a frame was cut off
 */
function look(bytes: Buffer, start: number, end: number): number {
  const have = end - start;
  if (have < PREFIX_LENGTH) {
    const length = Math.min(have, MAGIC_BYTES.length);
    const begins = bytes.compare(MAGIC_BYTES, 0, length, start, start + length) === 0;
    return begins ? -PREFIX_LENGTH : 0;
  }
  if (readU32(bytes, start) !== MAGIC) return 0;
  const length = readU32(bytes, start + 4);
  if (length < HEAD_LENGTH || length > MAX_FRAME_LENGTH) return 0;
  if (readU32(bytes, start + 12) !== crc32(bytes, start, start + 12)) return 0;
  if (have < length) return -length;
  const sum = crc32(bytes, start + PREFIX_LENGTH, start + length);
  return readU32(bytes, start + 8) === sum ? length : 0;
}

/** Where the next frame may begin; of its magic at the end only a part may have been read. */
function nextCandidate(bytes: Buffer, from: number, end: number, isAll: boolean): number {
  const found = bytes.subarray(0, end).indexOf(MAGIC_BYTES, from);
  if (found >= 0) return found;
  return isAll ? end : Math.max(from, end - MAGIC_BYTES.length + 1);
}

function findFrame(bytes: Buffer, from: number, end: number): number | undefined {
  const searched = bytes.subarray(0, end);
  for (
    let at = searched.indexOf(MAGIC_BYTES, from);
    at >= 0;
    at = searched.indexOf(MAGIC_BYTES, at + 1)
  ) {
    if (look(bytes, at, end) > 0) return at;
  }
  return undefined;
}

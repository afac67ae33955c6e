import type { Disk } from '../system/disk.js';

const CHUNK = 1 << 16;
/** Longer ones come in pieces. */
const MAX_LINE_LENGTH = 1 << 20;

export interface RawLine {
  /** Without its line feed; overwritten when the next is asked for. */
  readonly bytes: Uint8Array;
  /** The file ended before a line feed. */
  readonly isLast: boolean;
}

/** The lines of an open file, without ever holding much of it. */
export async function* readLines(disk: Disk, descriptor: number): AsyncGenerator<RawLine> {
  let bytes = Buffer.alloc(2 * CHUNK);
  let end = 0;
  let position = 0;
  for (;;) {
    if (bytes.length - end < CHUNK) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
    const count = await disk.read(descriptor, bytes.subarray(end, end + CHUNK), position);
    if (count === 0) break;
    position += count;
    end += count;
    let start = 0;
    let feed = bytes.subarray(0, end).indexOf(0x0a);
    while (feed >= 0) {
      yield { bytes: bytes.subarray(start, feed), isLast: false };
      start = feed + 1;
      feed = bytes.subarray(0, end).indexOf(0x0a, start);
    }
    bytes.copyWithin(0, start, end);
    end -= start;
    if (end > MAX_LINE_LENGTH) {
      yield { bytes: bytes.subarray(0, end), isLast: false };
      end = 0;
    }
  }
  yield { bytes: bytes.subarray(0, end), isLast: true };
}

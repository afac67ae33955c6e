import type { Disk } from '../system/disk.js';
import { TimeSlice } from '../system/time-slice.js';
import { FrameWriter } from './frame-writer.js';
import type { JournalPiece } from './store.js';

/** Writes pieces as frames into a file from `position` on. Breathes. @returns where they end */
export async function writePieces(
  disk: Disk,
  descriptor: number,
  position: number,
  pieces: Iterable<JournalPiece>,
  nowMs: () => number,
): Promise<number> {
  const frames = new FrameWriter(nowMs, 1);
  const slice = new TimeSlice();
  let end = position;
  const flush = async (): Promise<void> => {
    await disk.write(descriptor, frames.bytes, end);
    end += frames.length;
    frames.clear();
  };
  for (const piece of pieces) {
    for (let from = 0; from < piece.columns.length;) {
      from =
        piece.note === undefined
          ? frames.entries(piece.set, piece.columns, undefined, from)
          : frames.note(piece.set, piece.note, piece.columns, from);
      if (frames.isEnough) await flush();
      else if (slice.isOver) await slice.breathe();
    }
  }
  if (frames.length > 0) await flush();
  return end;
}

import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { errorCode } from './why-unreadable.js';

const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

/**
 * A file that was opened without waiting: to open a FIFO that nobody writes to holds a thread, which
 * Node waits for even when the process is to end.
 */
export interface PatientFile {
  readonly stats: Stats;
  /**
   * What is in it, up to its end; a FIFO's first writer is waited for. Other things get their turn
   * after each piece.
   */
  readonly chunks: AsyncGenerator<Buffer, void>;
  /** Ends `chunks`, also while it waits. */
  close(): void;
}

/** @throws what Node says of a file that cannot be opened */
export function openPatiently(path: string, pieceBytes = 64 * 1024): PatientFile {
  const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stats = fstatSync(handle);
  let closed = false;
  const close = () => {
    if (!closed) closeSync(handle);
    closed = true;
  };

  async function* chunks(): AsyncGenerator<Buffer, void> {
    let pauseMs = SHORTEST_PAUSE_MS;
    let begun = !stats.isFIFO();
    try {
      while (!closed) {
        const piece = Buffer.allocUnsafe(pieceBytes);
        const length = readNow(handle, piece);
        if (length === undefined || (length === 0 && !begun)) {
          await pause(pauseMs);
          pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
          continue;
        }
        if (length === 0) return;
        begun = true;
        pauseMs = SHORTEST_PAUSE_MS;
        yield piece.subarray(0, length);
        await nextTurn();
      }
    } finally {
      close();
    }
  }
  return { stats, chunks: chunks(), close };
}

/** @returns undefined: nothing is there yet; 0: the end, or a FIFO without a writer */
function readNow(handle: number, piece: Buffer): number | undefined {
  try {
    return readSync(handle, piece);
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

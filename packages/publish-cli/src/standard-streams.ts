import { writeSync } from 'node:fs';

/**
 * Standard output without `process.stdout`, which takes 3 ms to make. A line for a file, a pipe or a
 * terminal is written in one call; whatever is not that simple is left to Node.
 */
export const standardOutput = {
  write(text: string): void {
    const bytes = Buffer.from(text);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(1, bytes, written);
    } catch (error) {
      // The reader of our output may be gone (vallum-pub --help | head).
      if (!isBusy(error)) return;
      process.stdout.on('error', () => undefined);
      process.stdout.write(bytes.subarray(written));
    }
  },
};

let standardErrorIsSafe = false;

/** Made when the first complaint or a progress bar needs it. */
export function standardError(): NodeJS.WriteStream {
  if (!standardErrorIsSafe) process.stderr.on('error', () => undefined);
  standardErrorIsSafe = true;
  return process.stderr;
}

/** A pipe that somebody has made non-blocking, and whose reader is slow. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

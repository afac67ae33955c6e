import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from './process.js';
import { temporaryFolder } from './temporary-folder.js';

/** The wall clock of some processes, which can be set while they run. */
export interface WallClock {
  /** For each process that is to live by it, and so for those that it starts. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets it so many seconds ahead of the machine's clock; before it for a negative number. */
  set(aheadSeconds: number): Promise<void>;
  /** Unix milliseconds. */
  nowMs(): number;
}

/**
 * libfaketime adds what a file says to the wall clock, and leaves the monotonic one alone, as a set
 * clock does. A time namespace (unshare -T) moves the monotonic clock only, and `faketime` by itself
 * cannot change its mind while the program runs. Needs `faketime`.
 */
export async function createWallClock(): Promise<WallClock> {
  const file = join(temporaryFolder(), 'ahead');
  await writeFile(file, '+0');
  const preload = await mustRun('faketime', ['-f', '+0', 'sh', '-c', 'echo "$LD_PRELOAD"']);
  let ahead = 0;
  return {
    env: {
      LD_PRELOAD: preload.trim(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      // Times of files stay what the file system says.
      NO_FAKE_STAT: '1',
    },
    async set(aheadSeconds) {
      await writeFile(file, `${aheadSeconds < 0 ? '' : '+'}${String(aheadSeconds)}`);
      ahead = aheadSeconds;
    },
    nowMs: () => Date.now() + 1_000 * ahead,
  };
}

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VallumError } from '../words/errors.js';

/**
 * Takes a folder for this process. The lock names its holder by process id and start time, so that
 * one left behind by a crash, or by another process that had the same id, does not count.
 *
 * @returns what gives the folder back
 * @throws VallumError `STORE_FAILED` where a living process holds it
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock');
  for (let attempt = 0; ; attempt += 1) {
    try {
      writeFileSync(path, `${process.pid} ${startTime(process.pid) ?? ''}`, {
        flag: 'wx',
        mode: 0o600,
      });
      return () => {
        rmSync(path, { force: true });
      };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 0) throw cause;
    }
    const [pid, started] = readFileSync(path, 'utf8').split(' ');
    if (started !== undefined && startTime(Number(pid)) === started) {
      throw new VallumError(
        `${folder} is in use by process ${pid}; give each daemon a state folder of its own`,
        { code: 'STORE_FAILED', operation: `lock ${folder}` },
      );
    }
    rmSync(path, { force: true });
  }
}

/** Clock ticks since boot at which a process started: field 22 of `/proc/PID/stat`. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 2 is the program's name in parentheses and may hold spaces; field 3 follows the last ')'.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

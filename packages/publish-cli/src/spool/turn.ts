import {
  lstatSync,
  lutimesSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorCode, workFolder } from './folder.js';
import { makeFolder } from './make-folder.js';

/** Renewed more often than that by whoever delivers. */
const LONGEST_SILENCE_MS = 60_000;
const RENEWED_AFTER_MS = 5_000;

export interface Turn {
  /** To be called while it is made use of. */
  renew(): void;
  end(): void;
}

/**
 * One process delivers at a time, to save the others the work. Two at once would do no harm: what
 * arrives twice means the same, and what is gone already is passed over. So it is enough that the mark
 * of a process that was killed is taken away by the next, and nothing hangs on who wins that.
 *
 * @returns undefined where somebody else delivers
 */
export function takeTurn(folder: string): Turn | undefined {
  const mark = join(workFolder(folder), 'delivering');
  const own = `${process.pid.toString()} ${startOf(process.pid) ?? ''}`;
  try {
    makeFolder(workFolder(folder), statSync(folder).mode & 0o777);
    if (!makeMark(mark, own)) {
      if (!isAbandoned(mark)) return undefined;
      rmSync(mark, { force: true });
      if (!makeMark(mark, own)) return undefined;
    }
  } catch (error) {
    // What is delivered makes room.
    if (FULL.includes(errorCode(error))) return UNMARKED;
    throw error;
  }
  let renewedMs = performance.now();
  return {
    renew() {
      if (performance.now() - renewedMs < RENEWED_AFTER_MS) return;
      renewedMs = performance.now();
      touch(mark);
    },
    end() {
      if (readMark(mark) === own) rmSync(mark, { force: true });
    },
  };
}

const FULL = ['ENOSPC', 'EDQUOT'];
const UNMARKED: Turn = { renew: () => undefined, end: () => undefined };

/** A link that leads nowhere: it comes into being with what it says, and a kill leaves no empty one. */
function makeMark(mark: string, own: string): boolean {
  try {
    symlinkSync(own, mark);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(mark: string): boolean {
  let silentMs: number;
  try {
    silentMs = Date.now() - lstatSync(mark).mtimeMs;
  } catch {
    return true;
  }
  // Whatever the processes here say: it may be one of another container, or of before the reboot.
  if (Math.abs(silentMs) > LONGEST_SILENCE_MS) return true;
  const [, pid = '', start = ''] = /^(\d+) (\d*)$/.exec(readMark(mark)) ?? [];
  return startOf(Number(pid)) !== start;
}

function readMark(mark: string): string {
  try {
    return readlinkSync(mark);
  } catch {
    return '';
  }
}

/** In clock ticks since boot (proc(5), field 22): tells a process from a later one of the same number. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid.toString()}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function touch(mark: string): void {
  const now = Date.now() / 1000;
  try {
    lutimesSync(mark, now, now);
  } catch {
    // Somebody took it for abandoned, and delivers too.
  }
}

import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { receiverKey, workFolder } from './folder.js';
import { AWAY_PREFIX } from './names.js';
import { isFresh } from './patience.js';
import type { Receiver } from './while-connected.js';

/** What calls know of each other: whether a broker was found to be unreachable a moment ago. */
const markOf = (folder: string, { broker, username }: Receiver) =>
  join(workFolder(folder), AWAY_PREFIX + receiverKey(broker, username));

/** Whether a call that took its time has found the broker unreachable within the last minute. */
export function wasAwayJustNow(folder: string, receiver: Receiver, nowMs: number): boolean {
  return isFresh(markOf(folder, receiver), nowMs);
}

/** Tells the next calls. Not by one that tried for a moment only: else no call would ever take its time again. */
export function noteAway(folder: string, receiver: Receiver, nowMs: number): void {
  const mark = markOf(folder, receiver);
  // Of no name that is looked for: a call that is killed here leaves it behind.
  const next = join(workFolder(folder), `next-${process.pid.toString()}`);
  try {
    // A link that leads nowhere: it comes into being with what it says, whoever looks meanwhile.
    symlinkSync(Math.floor(nowMs).toString(), next);
    renameSync(next, mark);
  } catch {
    rmSync(next, { force: true });
  }
}

/** It was reached. */
export function noteBack(folder: string, receiver: Receiver): void {
  try {
    rmSync(markOf(folder, receiver), { force: true });
  } catch {
    // Then the next calls try for a moment first.
  }
}

import { setTimeout } from 'node:timers/promises';
import { lockFile } from '@vallum/core';

const EVERY_MS = 200;

/**
 * Waits until no other doctor compares with what is kept in this file: each change is told by one.
 *
 * @param waitMs how long
 * @returns what ends the turn; undefined: another one is still at it
 */
export async function takeTurn(file: string, waitMs: number): Promise<(() => void) | undefined> {
  const until = performance.now() + waitMs;
  for (;;) {
    const end = await tryToLock(`${file}.lock`);
    if (end !== undefined || performance.now() >= until) return end;
    await setTimeout(EVERY_MS);
  }
}

/** Where no lock can be made, nothing can be kept either, which is told then. */
async function tryToLock(path: string): Promise<(() => void) | undefined> {
  try {
    return await lockFile(path);
  } catch {
    return () => undefined;
  }
}

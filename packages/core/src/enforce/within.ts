import type { Clock } from '../system/clock.js';

/** Waits, but not for a kernel or a program that does not answer. */
export async function within(
  clock: Clock,
  milliseconds: number,
  done: Promise<void>,
): Promise<void> {
  let cancel = (): void => undefined;
  const patience = new Promise<void>((resolve) => {
    cancel = clock.after(milliseconds, resolve);
  });
  try {
    await Promise.race([done, patience]);
  } finally {
    cancel();
  }
}

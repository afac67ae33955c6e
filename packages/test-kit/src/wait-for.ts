import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Default 20. */
  readonly intervalMs?: number;
  /** What is waited for, to say so when it does not come. */
  readonly what?: string;
}

/**
 * Asks until the condition answers something truthy, and returns that.
 *
 * @throws Error naming what was waited for, with the condition's last own error as its cause
 */
export async function waitFor<Value>(
  condition: () => Value | Promise<Value>,
  options: WaitOptions = {},
): Promise<NonNullable<Value>> {
  const { timeoutMs = 10_000, intervalMs = 20, what = 'the condition' } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${String(timeoutMs)} ms for ${what}`, { cause });
    }
    await delay(intervalMs);
  }
}

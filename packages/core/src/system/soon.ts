const done = Promise.resolve();

/**
 * Runs `work`, which must not throw, as soon as the stack is empty and before the event loop goes on.
 * For what is done for each message: `queueMicrotask` creates an AsyncResource for each call, which with
 * cold caches takes as long as the work itself.
 */
export function soon(work: () => void): void {
  void done.then(work);
}

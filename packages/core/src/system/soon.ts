const done = Promise.resolve();

/**
 * Runs `work`, which must not throw, as soon as the stack is empty and before the event loop goes on.
 * For what is done for each message: `queueMicrotask` makes an AsyncResource a call, and where nothing
 * of it is in the processor's caches that takes as long as what is to be done.
 */
export function soon(work: () => void): void {
  void done.then(work);
}

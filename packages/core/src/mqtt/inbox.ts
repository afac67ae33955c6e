import type { TransportMessage } from '../transport/transport.js';

/**
 * Hands messages to their handler one after another, across connections too: what an old
 * connection left in the handler's hands is finished before the new one's redelivery begins.
 */
export class Inbox {
  readonly #handle: (message: TransportMessage) => Promise<void>;
  readonly #onFault: (message: TransportMessage, error: unknown) => void;
  #tail: Promise<void> = Promise.resolve();

  constructor(
    handle: (message: TransportMessage) => Promise<void>,
    onFault: (message: TransportMessage, error: unknown) => void,
  ) {
    this.#handle = handle;
    this.#onFault = onFault;
  }

  /**
   * Calls `acknowledge` once the message has been handled. A handler that fails has broken its
   * contract; the message is acknowledged all the same, since an unacknowledged one comes again
   * with each connection and would keep the node from everything behind it.
   */
  deliver(message: TransportMessage, isCurrent: () => boolean, acknowledge: () => void): void {
    this.#tail = this.#tail.then(async () => {
      // The broker sends it again: handling it now too would only do the work twice.
      if (!isCurrent()) return;
      try {
        await this.#handle(message);
      } catch (error) {
        this.#onFault(message, error);
      }
      acknowledge();
    });
  }

  /** Resolves when nothing is in the handler's hands. */
  idle(): Promise<void> {
    return this.#tail;
  }
}

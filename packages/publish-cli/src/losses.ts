import type { ConnectionState } from '@vallum/core';

/** Tells when a connection that stood has ended. */
export class Losses {
  #stands = false;
  readonly #listeners = new Set<() => void>();

  /** To be told of every state of the connection. */
  note({ state }: ConnectionState): void {
    const stood = this.#stands;
    this.#stands = state === 'connected';
    if (!stood || this.#stands) return;
    for (const listener of this.#listeners) listener();
  }

  /** @returns ends it */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

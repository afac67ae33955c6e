/** As much of an AbortSignal as sending needs. */
export interface Interruption {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** An AbortController without what makes one: 1 ms of event targets. */
export class Interrupt implements Interruption {
  readonly #listeners = new Set<() => void>();
  aborted = false;

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}

/** Resolves when it is aborted. */
export function abortOf(interruption: Interruption): Promise<void> {
  return new Promise((resolve) => {
    if (interruption.aborted) resolve();
    interruption.addEventListener('abort', resolve);
  });
}

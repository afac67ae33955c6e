import { messageOf } from '../words/message-of.js';
import type { VallumEvents, VallumOptions } from './vallum-types.js';

type Listener = (...args: unknown[]) => void;

/** Tells listeners what happens; what one of them throws becomes a warning, and the others hear it all the same. */
export class NodeEvents {
  /**
   * A list is replaced and never changed, so that telling needs no copy of it, as `node:events` makes one for
   * each event: reports come by the hundred thousand.
   */
  readonly #listeners = new Map<string, readonly Listener[]>();

  constructor(listeners: VallumOptions['listeners'] = {}) {
    for (const [event, listener] of Object.entries(listeners)) {
      this.#listeners.set(event, [listener as Listener]);
    }
  }

  /** @returns what ends it */
  on<Event extends keyof VallumEvents>(
    event: Event,
    listener: (...args: VallumEvents[Event]) => void,
  ): () => void {
    // A function of its own, since the same listener may be attached twice.
    const ours: Listener = (...args) => {
      listener(...(args as VallumEvents[Event]));
    };
    this.#listeners.set(event, [...this.#of(event), ours]);
    return () => {
      this.#listeners.set(
        event,
        this.#of(event).filter((other) => other !== ours),
      );
    };
  }

  emit<Event extends keyof VallumEvents>(event: Event, ...args: VallumEvents[Event]): void {
    for (const listener of this.#of(event)) {
      try {
        listener(...args);
      } catch (error) {
        this.#complain(event, error);
      }
    }
  }

  #of(event: string): readonly Listener[] {
    return this.#listeners.get(event) ?? NOBODY;
  }

  /** A listener's mistake is not to stop what it listens to, nor to go unseen. */
  #complain(event: keyof VallumEvents, error: unknown): void {
    if (event === 'warning') {
      queueMicrotask(() => {
        throw error;
      });
      return;
    }
    this.emit('warning', `a listener to '${event}' threw: ${messageOf(error)}`);
  }
}

const NOBODY: readonly Listener[] = [];

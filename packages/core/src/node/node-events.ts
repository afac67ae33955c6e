import { EventEmitter } from 'node:events';
import { messageOf } from '../words/message-of.js';
import type { VallumEvents, VallumOptions } from './vallum-types.js';

/** Tells listeners what happens; what one of them throws becomes a warning. */
export class NodeEvents {
  readonly #emitter = new EventEmitter();

  constructor(listeners: VallumOptions['listeners'] = {}) {
    for (const [event, listener] of Object.entries(listeners)) {
      this.#emitter.on(event, listener as (...args: unknown[]) => void);
    }
  }

  /** @returns what ends it */
  on<Event extends keyof VallumEvents>(
    event: Event,
    listener: (...args: VallumEvents[Event]) => void,
  ): () => void {
    this.#emitter.on(event, listener as (...args: unknown[]) => void);
    return () => {
      this.#emitter.off(event, listener as (...args: unknown[]) => void);
    };
  }

  emit<Event extends keyof VallumEvents>(event: Event, ...args: VallumEvents[Event]): void {
    try {
      this.#emitter.emit(event, ...args);
    } catch (error) {
      // A listener's mistake is not to stop what it listens to, nor to go unseen.
      if (event === 'warning') {
        queueMicrotask(() => {
          throw error;
        });
        return;
      }
      this.emit('warning', `a listener to '${event}' threw: ${messageOf(error)}`);
    }
  }
}

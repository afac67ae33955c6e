import { VallumError, type VallumErrorCode } from '../words/errors.js';
import type { OutgoingMessage, Transport, TransportHandlers } from '../transport/transport.js';

/** What a broker does for one client. */
export interface BrokerDoor {
  /** Starts connecting; the broker calls the handlers from now on. */
  enter(handlers: TransportHandlers, filters: () => readonly string[]): void;
  connected(): boolean;
  subscribe(filters: readonly string[]): void;
  unsubscribe(filters: readonly string[]): void;
  /** @returns why the broker refuses the message; undefined where it has taken it */
  publish(message: OutgoingMessage): string | undefined;
  leave(): void;
}

/** The client's side of the memory broker. */
export function createMemoryTransport(door: BrokerDoor): Transport {
  let state: 'new' | 'open' | 'closed' = 'new';
  let wanted: readonly string[] = [];

  return {
    open(handlers) {
      if (state !== 'new') throw transportError('CLOSED', 'the transport was opened before');
      state = 'open';
      door.enter(handlers, () => wanted);
    },

    subscribe(filters) {
      const before = wanted;
      wanted = [...new Set(filters)];
      if (!door.connected()) return;
      door.unsubscribe(before.filter((filter) => !wanted.includes(filter)));
      door.subscribe(wanted.filter((filter) => !before.includes(filter)));
    },

    async publish(message) {
      if (state !== 'open') throw transportError('CLOSED', 'the transport is not open');
      if (!door.connected()) throw transportError('BROKER_UNREACHABLE', 'the broker is away');
      const refusal = door.publish(message);
      // The confirmation takes its way back; what happens meanwhile, happens before it.
      await new Promise((resolve) => setImmediate(resolve));
      if (refusal !== undefined) throw transportError('BROKER_REFUSED', refusal);
    },

    close() {
      if (state === 'open') door.leave();
      state = 'closed';
      return Promise.resolve();
    },
  };
}

function transportError(code: VallumErrorCode, message: string): VallumError {
  return new VallumError(message, { code, operation: 'memory transport' });
}

import { VallumError } from '../words/errors.js';
import type { OutgoingMessage } from '../transport/transport.js';

export interface Pending {
  readonly message: OutgoingMessage;
  /** Connections that ended while this message was unconfirmed on them. */
  losses: number;
  resolve(): void;
  reject(error: VallumError): void;
}

/** Sends one message on the present connection; calls back when it is confirmed or refused. */
export type Send = (message: OutgoingMessage, done: (error?: VallumError) => void) => void;

/**
 * Mosquitto's `max_inflight_messages`; wider windows at QoS 2 make it slow or drop the connection.
 */
const MOST_IN_FLIGHT = 20;
const MOST_LOSSES = 5;

/** Messages on their way out, in order, over as many connections as it takes. */
export class Outbox {
  #waiting: Pending[] = [];
  /** Where the queue begins: `shift` moves every element of a long array. */
  #head = 0;
  readonly #inFlight = new Set<Pending>();
  #send: Send | undefined;
  #window = MOST_IN_FLIGHT;
  #pumping = false;

  add(message: OutgoingMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, losses: 0, resolve, reject });
      this.#pump();
    });
  }

  connected(send: Send, receiveMaximum: number): void {
    this.#send = send;
    this.#window = Math.min(MOST_IN_FLIGHT, receiveMaximum);
    this.#pump();
  }

  /** What was not confirmed is sent again on the next connection, ahead of the rest. */
  disconnected(detail: string): void {
    this.#send = undefined;
    const unconfirmed = [...this.#inFlight];
    this.#inFlight.clear();
    for (const pending of unconfirmed) pending.losses += 1;
    this.#waiting = [
      ...unconfirmed.filter((pending) => !giveUp(pending, detail)),
      ...this.#waiting.slice(this.#head),
    ];
    this.#head = 0;
  }

  rejectAll(error: VallumError): void {
    this.#send = undefined;
    const all = [...this.#inFlight, ...this.#waiting.slice(this.#head)];
    this.#inFlight.clear();
    this.#waiting = [];
    this.#head = 0;
    for (const pending of all) pending.reject(error);
  }

  #pump(): void {
    // A QoS 0 message is done within `send`: the loop below goes on by itself, without recursion.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      this.#sendWhatFits();
    } finally {
      this.#pumping = false;
    }
  }

  #sendWhatFits(): void {
    for (;;) {
      const next = this.#waiting[this.#head];
      const send = this.#send;
      if (send === undefined || next === undefined || !this.#hasRoomFor(next)) return;
      this.#head += 1;
      if (this.#head === this.#waiting.length || this.#head === 10_000) {
        this.#waiting = this.#waiting.slice(this.#head);
        this.#head = 0;
      }
      this.#inFlight.add(next);
      send(next.message, (error) => {
        // A late answer of a connection that is gone: the message waits for the next one already.
        if (this.#send !== send || !this.#inFlight.delete(next)) return;
        if (error === undefined) next.resolve();
        else next.reject(error);
        this.#pump();
      });
    }
  }

  /**
   * A broker may hang up on a message it dislikes. One that was unconfirmed when a connection
   * ended therefore goes alone, so that the culprit is found and the others pass.
   */
  #hasRoomFor(next: Pending): boolean {
    if (this.#inFlight.size === 0) return true;
    const [first] = this.#inFlight;
    return this.#inFlight.size < this.#window && next.losses === 0 && first?.losses === 0;
  }
}

function giveUp(pending: Pending, detail: string): boolean {
  if (pending.losses < MOST_LOSSES) return false;
  pending.reject(
    new VallumError(
      `the connection ended each of ${MOST_LOSSES} times that this message was sent: ` +
        `the broker seems to refuse it, or its size; last: ${detail}`,
      { code: 'BROKER_REFUSED', operation: 'mqtt publish' },
    ),
  );
  return true;
}

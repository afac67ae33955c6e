import { VallumError, type VallumErrorCode } from '../words/errors.js';
import type { Answered } from './link.js';
import type {
  OutboxLimits,
  OutgoingMessage,
  PublishOptions,
  QueueLength,
} from '../transport/transport.js';

interface Pending {
  readonly message: OutgoingMessage;
  readonly bytes: number;
  /** Connections that ended while this message was unconfirmed on them. */
  losses: number;
  /** Confirmed, refused or given up: nobody waits for it any more. */
  settled: boolean;
  readonly caveat: PublishOptions['caveat'];
  readonly resolve: () => void;
  readonly reject: (error: VallumError) => void;
}

/** Sends one message on the present connection; calls back when it is confirmed or refused. */
export type Send = (message: OutgoingMessage, done: Answered) => void;

/**
 * Mosquitto's `max_inflight_messages`; wider windows at QoS 2 make it slow or drop the connection.
 */
const MOST_IN_FLIGHT = 20;
const MOST_LOSSES = 5;
const MOST_MESSAGES = 10_000;
const MOST_BYTES = 64 * 1024 * 1024;
/** As many places in the queue may be empty before it is closed up, and as many again as are not. */
const MOST_HOLES = 1_000;

/** Messages on their way out, in order, over as many connections as it takes. */
export class Outbox {
  readonly #mostMessages: number;
  readonly #mostBytes: number;
  #waiting: Pending[] = [];
  /** Where the queue begins: `shift` moves every element of a long array. */
  #head = 0;
  /** Those of the queue that were given up. */
  #holes = 0;
  readonly #inFlight = new Set<Pending>();
  /** What nobody has given up, waiting or in flight. */
  #messages = 0;
  #bytes = 0;
  #send: Send | undefined;
  #window = MOST_IN_FLIGHT;
  #pumping = false;

  constructor({ mostMessages = MOST_MESSAGES, mostBytes = MOST_BYTES }: OutboxLimits = {}) {
    this.#mostMessages = mostMessages;
    this.#mostBytes = mostBytes;
  }

  /** @throws VallumError `OUTBOX_FULL`, `ABORTED`, and what `done` and `rejectAll` were given */
  add(message: OutgoingMessage, { signal, caveat }: PublishOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) throw aborted(signal);
      const bytes = Buffer.byteLength(message.topic) + Buffer.byteLength(message.payload);
      if (this.#messages >= this.#mostMessages || this.#bytes + bytes > this.#mostBytes) {
        throw this.#full();
      }
      const giveUp = () => {
        if (signal !== undefined) this.#giveUp(pending, aborted(signal));
      };
      const pending: Pending = {
        ...{ message, bytes, losses: 0, settled: false, caveat },
        resolve: () => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        },
        reject: (error) => {
          signal?.removeEventListener('abort', giveUp);
          reject(error);
        },
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#messages += 1;
      this.#bytes += bytes;
      this.#waiting.push(pending);
      this.#pump();
    });
  }

  /** Places in the queue, of which some may be empty: what it takes in memory. */
  get length(): number {
    return this.#waiting.length;
  }

  /** What waits, or is in flight, and nobody has given up. */
  get load(): QueueLength {
    return { messages: this.#messages, bytes: this.#bytes };
  }

  connected(send: Send, receiveMaximum: number): void {
    this.#send = send;
    this.#window = Math.min(MOST_IN_FLIGHT, receiveMaximum);
    this.#pump();
  }

  /** What was not confirmed is sent again on the next connection, ahead of the rest. */
  disconnected(detail: string): void {
    this.#send = undefined;
    const unconfirmed = [...this.#inFlight].filter(({ settled }) => !settled);
    this.#inFlight.clear();
    for (const pending of unconfirmed) {
      pending.losses += 1;
      if (pending.losses >= MOST_LOSSES) this.#settle(pending, hopeless(detail));
    }
    this.#requeue([...unconfirmed, ...this.#waiting.slice(this.#head)]);
  }

  rejectAll(error: VallumError): void {
    this.#send = undefined;
    const all = [...this.#inFlight, ...this.#waiting.slice(this.#head)];
    this.#inFlight.clear();
    this.#requeue([]);
    for (const pending of all) this.#settle(pending, error);
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
      if (send === undefined || next === undefined) return;
      if (!next.settled && !this.#hasRoomFor(next)) return;
      this.#head += 1;
      if (next.settled) this.#holes -= 1;
      if (this.#head === this.#waiting.length || this.#head === 10_000) {
        this.#waiting = this.#waiting.slice(this.#head);
        this.#head = 0;
      }
      if (next.settled) continue;
      this.#inFlight.add(next);
      send(next.message, (error, caveat) => {
        // A late answer of a connection that is gone: the message waits for the next one already.
        if (this.#send !== send || !this.#inFlight.delete(next)) return;
        if (caveat !== undefined && !next.settled) next.caveat?.(caveat);
        this.#settle(next, error);
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

  /** One that is in flight keeps its place in the window: the broker's answer is due all the same. */
  #giveUp(pending: Pending, error: VallumError): void {
    this.#settle(pending, error);
    if (this.#inFlight.has(pending)) return;
    this.#holes += 1;
    const queued = this.#waiting.length - this.#head;
    // Else those who give up while the broker is away would fill the memory all the same.
    if (this.#holes > MOST_HOLES && this.#holes * 2 > queued) {
      this.#requeue(this.#waiting.slice(this.#head));
    }
  }

  #settle(pending: Pending, error: VallumError | undefined): void {
    if (pending.settled) return;
    pending.settled = true;
    this.#messages -= 1;
    this.#bytes -= pending.bytes;
    if (error === undefined) pending.resolve();
    else pending.reject(error);
  }

  #requeue(all: readonly Pending[]): void {
    this.#waiting = all.filter(({ settled }) => !settled);
    this.#head = 0;
    this.#holes = 0;
  }

  #full(): VallumError {
    const megabytes = (this.#bytes / (1024 * 1024)).toFixed(1);
    return failure(
      'OUTBOX_FULL',
      `${this.#messages} messages with ${megabytes} MiB wait to be confirmed by the broker: ` +
        'no more are taken',
    );
  }
}

function hopeless(detail: string): VallumError {
  return failure(
    'BROKER_REFUSED',
    `the broker ended the connection each of ${MOST_LOSSES} times that this message was sent: it does not ` +
      `take this topic (is the set's name right, and do its access rules allow it?), or a message of this size; ` +
      `last: ${detail}`,
  );
}

function aborted(signal: AbortSignal): VallumError {
  return failure(
    'ABORTED',
    'the message was given up before the broker had confirmed it',
    signal.reason,
  );
}

function failure(code: VallumErrorCode, message: string, cause?: unknown): VallumError {
  return new VallumError(message, { code, operation: 'mqtt publish', cause });
}

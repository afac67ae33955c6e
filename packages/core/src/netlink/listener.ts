import { TimeSlice } from '../system/time-slice.js';
import { AnswerLostError } from './error.js';
import { readMessages, type Message } from './message.js';
import type { NetlinkSocket } from './socket.js';

/** How often it is looked whether something was told: Node cannot wait for such a descriptor. */
const LOOK_EVERY_MS = 150;

export interface Told {
  /** Gets each message; it is not valid afterwards. */
  readonly message: (message: Message) => void;
  /** Some were lost: anything may have changed. */
  readonly lost: () => void;
  /** Behind what was told at one look. */
  readonly end: () => void;
}

/**
 * Hears what the kernel tells a socket that has joined a group. A look at rest is one system call of
 * 2 µs.
 */
export class NetlinkListener {
  readonly #socket: NetlinkSocket;
  readonly #told: Told;
  readonly #timer: NodeJS.Timeout;
  #looking = false;
  #open = true;

  constructor(socket: NetlinkSocket, told: Told) {
    this.#socket = socket;
    this.#told = told;
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  /** Takes what waits. */
  async look(): Promise<void> {
    if (this.#looking || !this.#isOpen()) return;
    this.#looking = true;
    const slice = new TimeSlice();
    let heard = 0;
    try {
      while (this.#isOpen() && this.#receive()) {
        heard++;
        if (slice.isOver) await slice.breathe();
      }
      if (heard > 0 && this.#isOpen()) this.#told.end();
    } finally {
      this.#looking = false;
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    clearInterval(this.#timer);
    this.#socket.close();
  }

  /** Whoever is told something may close it. */
  #isOpen(): boolean {
    return this.#open;
  }

  /** @returns false where nothing waits */
  #receive(): boolean {
    try {
      const datagram = this.#socket.receive();
      if (datagram === undefined) return false;
      for (const message of readMessages(datagram)) this.#told.message(message);
    } catch (error) {
      if (!(error instanceof AnswerLostError)) {
        // The socket is of no use any more.
        this.#told.lost();
        this.#told.end();
        this.close();
        return false;
      }
      this.#told.lost();
    }
    return true;
  }
}

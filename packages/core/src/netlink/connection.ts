import { readAcknowledgement, type Acknowledgement } from './acknowledgement.js';
import { NetlinkError } from './error.js';
import { NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN } from './linux-netlink.js';
import { readMessages, type Message } from './message.js';
import type { NetlinkSocket } from './socket.js';

/** What came back for a request that asks for one message. */
export type Answer =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly refusal: Acknowledgement };

export interface DumpPart {
  readonly messages: readonly Message[];
  /** What is listed has changed meanwhile, so the parts do not fit together. */
  readonly interrupted: boolean;
  /** The dump's verdict, in its last part. */
  readonly end?: Acknowledgement;
}

const NOTHING = new Uint8Array(0);

// The kernel answers inside of send; this bounds what should never be waited for.
const PATIENCE_MS = 100;

/**
 * Pairs requests with their answers. Synchronous: a request with its acknowledgement takes some
 * microseconds, and no second request can come between. Who sends many small ones lets the event
 * loop breathe in between (see `TimeSlice`), and sends large ones with `executeOnThread`.
 *
 * All methods throw NetlinkError where the socket fails, AnswerLostError where the answer is gone,
 * and take what `MessageWriter.bytes()` gave, numbered with `nextSequence()`.
 */
export class NetlinkConnection {
  readonly #socket: NetlinkSocket;
  #sequence = 0;

  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  /** What the kernel calls its socket. */
  get portId(): number {
    return this.#socket.portId;
  }

  /** 1, 2, 3 and so on, and round again: 0 is what the kernel's own notifications carry. */
  nextSequence(): number {
    this.#sequence = this.#sequence === 0xffff_ffff ? 1 : this.#sequence + 1;
    return this.#sequence;
  }

  /** Sends one request that has NLM_F_ACK set. @returns the kernel's verdict, also where it refused */
  execute(bytes: Uint8Array, sequence: number): Acknowledgement {
    this.#socket.send(bytes);
    return this.#receiveAcknowledgement(sequence);
  }

  /**
   * As `execute`, for requests that may take the kernel long: it works on another thread. Until it
   * is done, this connection can do nothing else and `bytes` have to stay as they are.
   */
  async executeOnThread(bytes: Uint8Array, sequence: number): Promise<Acknowledgement> {
    await this.#socket.sendOnThread(bytes);
    return this.#receiveAcknowledgement(sequence);
  }

  /** Sends one request without NLM_F_ACK that is answered by one message. */
  query(bytes: Uint8Array, sequence: number): Answer {
    this.#socket.send(bytes);
    for (;;) {
      for (const message of this.#receive()) {
        if (!this.#isAnswer(message, sequence, sequence)) continue;
        return message.type === NLMSG_ERROR
          ? { ok: false, refusal: readAcknowledgement(message) }
          : { ok: true, message };
      }
    }
  }

  /**
   * Sends several messages in one datagram, of which the last has NLM_F_ACK set: the kernel works
   * through all of them, whichever it refuses.
   *
   * @returns the refusals, in order, and what became of the last
   */
  executeEach(bytes: Uint8Array, first: number, last: number): readonly Acknowledgement[] {
    this.#socket.send(bytes);
    const acknowledgements: Acknowledgement[] = [];
    for (;;) {
      for (const message of this.#receive()) {
        if (message.type !== NLMSG_ERROR || !this.#isAnswer(message, first, last)) continue;
        const { sequence, errno } = readAcknowledgement(message);
        acknowledgements.push({ sequence, errno, echo: NOTHING });
        if (sequence === last) return acknowledgements;
      }
    }
  }

  /**
   * Sends several messages in one datagram, such as a transaction of nf_tables, and collects every
   * acknowledgement that it caused. An empty list says that nothing with NLM_F_ACK was in it, and
   * nothing was refused.
   */
  executeBatch(
    bytes: Uint8Array,
    firstSequence: number,
    lastSequence: number,
  ): readonly Acknowledgement[] {
    this.#socket.send(bytes);
    return this.#collect(firstSequence, lastSequence);
  }

  /** As `executeBatch`, on another thread, as `executeOnThread`. */
  async executeBatchOnThread(
    bytes: Uint8Array,
    firstSequence: number,
    lastSequence: number,
  ): Promise<readonly Acknowledgement[]> {
    await this.#socket.sendOnThread(bytes);
    return this.#collect(firstSequence, lastSequence);
  }

  #collect(firstSequence: number, lastSequence: number): readonly Acknowledgement[] {
    const acknowledgements: Acknowledgement[] = [];
    for (;;) {
      const datagram = this.#socket.receive();
      if (datagram === undefined) return acknowledgements;
      for (const message of readMessages(datagram)) {
        if (message.type === NLMSG_ERROR && this.#isAnswer(message, firstSequence, lastSequence)) {
          const acknowledgement = readAcknowledgement(message);
          // The echo is a view of a buffer that the next datagram takes.
          acknowledgements.push({ ...acknowledgement, echo: acknowledgement.echo.slice() });
        }
      }
    }
  }

  /** Starts a dump (NLM_F_DUMP). */
  send(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  /**
   * Goes on with a dump: the kernel fills a datagram each time it is asked. Messages that do not
   * belong to it are left out.
   */
  receivePart(sequence: number): DumpPart {
    return this.#readPart(sequence, this.#receive());
  }

  /** As `receivePart`, on another thread, as `executeOnThread`. */
  async receivePartOnThread(sequence: number): Promise<DumpPart> {
    const datagram = await this.#socket.receiveOnThread();
    return this.#readPart(
      sequence,
      datagram === undefined ? this.#receive() : readMessages(datagram),
    );
  }

  #readPart(sequence: number, received: readonly Message[]): DumpPart {
    const messages: Message[] = [];
    let interrupted = false;
    for (const message of received) {
      if (!this.#isAnswer(message, sequence, sequence)) continue;
      if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
      if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
        return { messages, interrupted, end: readAcknowledgement(message) };
      }
      messages.push(message);
    }
    return { messages, interrupted };
  }

  close(): void {
    this.#socket.close();
  }

  #receiveAcknowledgement(sequence: number): Acknowledgement {
    for (;;) {
      for (const message of this.#receive()) {
        if (message.type === NLMSG_ERROR && this.#isAnswer(message, sequence, sequence)) {
          return readAcknowledgement(message);
        }
      }
    }
  }

  #receive(): Message[] {
    let datagram = this.#socket.receive();
    if (datagram === undefined) {
      this.#socket.wait(PATIENCE_MS);
      datagram = this.#socket.receive();
    }
    if (datagram === undefined) {
      throw new NetlinkError('the kernel did not answer', 'netlink receive');
    }
    return readMessages(datagram);
  }

  #isAnswer(message: Message, first: number, last: number): boolean {
    return (
      message.portId === this.#socket.portId &&
      // Sequence numbers go round: a batch may start at 4294967295 and end at 2.
      (first <= last
        ? message.sequence >= first && message.sequence <= last
        : message.sequence >= first || message.sequence <= last) &&
      message.type !== NLMSG_OVERRUN
    );
  }
}

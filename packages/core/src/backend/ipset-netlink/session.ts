import type { Acknowledgement, Answer, NetlinkConnection } from '../../netlink/index.js';
import { AnswerLostError, EPERM, MessageWriter, readU8 } from '../../netlink/index.js';
import { NetlinkError } from '../../netlink/index.js';
import { inTurn } from '../in-turn.js';
import {
  IPSET_ATTR_PROTOCOL,
  IPSET_ATTR_PROTOCOL_MIN,
  IPSET_PROTOCOL,
  IPSET_PROTOCOL_MIN,
} from './linux-ip-set.js';
import { readBody, required } from './read-set.js';
import { refused } from './refusal.js';
import { writeProtocol, type Envelope } from './write-request.js';

// What IPSET_ATTR_ADT can hold, and the header in front of it.
const REQUEST_LENGTH = 0xffff;
const QUESTION_LENGTH = 256;
/** Of what can be repeated. */
export const MAX_ATTEMPTS = 3;
// Some 200 µs of the kernel's work: below, changing threads and back costs more than it spares.
const THREAD_ENTRIES = 512;

/**
 * A connection on which ipset's protocol has been agreed, and the buffers its requests are made in.
 * The kernel works on one request at a time whatever sockets they come from, so all share this
 * connection and take turns on it: who has much to send waits between his messages for who has little.
 */
export class IpsetSession {
  /** Runs `work` when the connection is free: at once, where it is. */
  readonly inTurn = inTurn();
  /** For what is written and sent within a turn; questions have a buffer of their own. */
  readonly writer = new MessageWriter(REQUEST_LENGTH);
  readonly #question = new MessageWriter(QUESTION_LENGTH);
  readonly #spareWriters: MessageWriter[] = [];
  readonly connection: NetlinkConnection;
  readonly protocol: number;

  /** @throws NetlinkError `BACKEND_UNAVAILABLE` where the kernel has no ipset that we speak */
  constructor(connection: NetlinkConnection) {
    this.connection = connection;
    this.protocol = this.#agree();
  }

  envelope(sequence: number = this.connection.nextSequence()): Envelope {
    return { sequence, protocol: this.protocol };
  }

  /** Asks for something that changes nothing, so again where the answer was lost. */
  query(write: (writer: MessageWriter, envelope: Envelope) => Uint8Array): Answer {
    return withRetry(() => {
      const envelope = this.envelope();
      return this.connection.query(write(this.#question, envelope), envelope.sequence);
    });
  }

  /** Lends a buffer for what is written outside of a turn; `giveBack` it. */
  lendWriter(): MessageWriter {
    return this.#spareWriters.pop() ?? new MessageWriter(REQUEST_LENGTH);
  }

  giveBack(writer: MessageWriter): void {
    this.#spareWriters.push(writer);
  }

  /**
   * Changes something.
   *
   * @param entries how many the request holds: with many the kernel works on another thread
   * @param attempts how often at most: 1 where it must not be repeated when its answer was lost
   * @returns at once for few, so that one ban does not wait for a turn of the event loop
   */
  execute(
    bytes: Uint8Array,
    sequence: number,
    entries: number,
    attempts: number,
  ): Acknowledgement | Promise<Acknowledgement> {
    const send = (most: number) => (): Acknowledgement =>
      withRetry(() => this.connection.execute(bytes, sequence), most);
    if (entries < THREAD_ENTRIES) return send(attempts)();
    return this.connection.executeOnThread(bytes, sequence).catch((error: unknown) => {
      if (error instanceof AnswerLostError && attempts > 1) return send(attempts)();
      throw error;
    });
  }

  /** As `execute`, for what `writeOne` wrote. @returns as `NetlinkConnection.executeEach` */
  executeEach(
    bytes: Uint8Array,
    first: number,
    last: number,
    attempts: number,
  ): readonly Acknowledgement[] {
    return withRetry(() => this.connection.executeEach(bytes, first, last), attempts);
  }

  #agree(): number {
    const sequence = this.connection.nextSequence();
    const question = writeProtocol(this.#question, { sequence, protocol: IPSET_PROTOCOL });
    const answer = this.connection.query(question, sequence);
    if (!answer.ok) {
      // Without CAP_NET_ADMIN every request will be refused, and each says so by itself.
      if (answer.refusal.errno === EPERM) return IPSET_PROTOCOL_MIN;
      throw refused('ipset', 'protocol', answer.refusal);
    }
    const body = readBody(answer.message);
    const highest = readU8(required(body, IPSET_ATTR_PROTOCOL));
    const lowestData = body.get(IPSET_ATTR_PROTOCOL_MIN);
    const lowest = lowestData === undefined ? highest : readU8(lowestData);
    if (lowest > IPSET_PROTOCOL || highest < IPSET_PROTOCOL_MIN) {
      throw new NetlinkError(
        `the kernel speaks ipset protocol ${lowest} to ${highest}, Vallum ` +
          `${IPSET_PROTOCOL_MIN} to ${IPSET_PROTOCOL}`,
        'ipset protocol',
        0,
        'BACKEND_UNAVAILABLE',
      );
    }
    return Math.min(highest, IPSET_PROTOCOL);
  }
}

/** Sends what can be repeated again where its answer was lost. */
function withRetry<Value>(send: () => Value, attempts = MAX_ATTEMPTS): Value {
  for (let attempt = 1; ; attempt++) {
    try {
      return send();
    } catch (error) {
      if (!(error instanceof AnswerLostError) || attempt >= attempts) throw error;
    }
  }
}

import type { Acknowledgement, Answer, NetlinkConnection } from '../../netlink/index.js';
import { AnswerLostError, EPERM, MessageWriter, readU8 } from '../../netlink/index.js';
import { NetlinkError } from '../../netlink/index.js';
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
const MAX_ATTEMPTS = 3;
// Some 200 µs of the kernel's work: below, changing threads and back costs more than it spares.
const THREAD_ENTRIES = 512;

/** A connection on which ipset's protocol has been agreed, and the buffer its requests are made in. */
export class IpsetSession {
  /** For messages; questions have a buffer of their own, so that one can be asked in between. */
  readonly writer = new MessageWriter(REQUEST_LENGTH);
  readonly #question = new MessageWriter(QUESTION_LENGTH);
  #second: MessageWriter | undefined;
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

  /** A buffer to write into while the kernel reads `taken`. */
  otherWriter(taken: MessageWriter): MessageWriter {
    if (taken !== this.writer) return this.writer;
    // Only for those who ever need it.
    return (this.#second ??= new MessageWriter(REQUEST_LENGTH));
  }

  /**
   * Changes something in a way that can be repeated, so again where the answer was lost.
   *
   * @param entries how many the request holds: with many the kernel works on another thread
   * @returns at once for few, so that one ban does not wait for a turn of the event loop
   */
  execute(
    bytes: Uint8Array,
    sequence: number,
    entries: number,
  ): Acknowledgement | Promise<Acknowledgement> {
    const once = (): Acknowledgement => withRetry(() => this.connection.execute(bytes, sequence));
    if (entries < THREAD_ENTRIES) return once();
    return this.connection.executeOnThread(bytes, sequence).catch((error: unknown) => {
      if (error instanceof AnswerLostError) return once();
      throw error;
    });
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
function withRetry<Value>(send: () => Value): Value {
  for (let attempt = 1; ; attempt++) {
    try {
      return send();
    } catch (error) {
      if (!(error instanceof AnswerLostError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

import { soon } from '../system/soon.js';
import type { Acknowledgements, TransportMessage } from '../transport/transport.js';
import type { Delivery } from './link.js';

export interface InboxOptions {
  /** Resolves when the next messages may come, and these be acknowledged but for what it names. */
  readonly handle: (messages: readonly TransportMessage[]) => Promise<Acknowledgements>;
  /** How many `handle` takes at a time. Default 500: some milliseconds. */
  readonly mostMessages?: number;
  readonly onFault: (messages: readonly TransportMessage[], error: unknown) => void;
}

const MOST_MESSAGES = 500;
const MOST_BYTES = 64 * 1024;

/**
 * Hands over together what arrived together: all that one read of the socket has brought, or a part
 * of it where that is much; over TLS its first record goes alone. While messages are being handled
 * nothing more is read, so what an old connection left in the handler's hands is finished before the
 * new one's redelivery begins, and the broker feels it when a handler is slow.
 */
export class Inbox {
  readonly #options: InboxOptions;
  #waiting: Delivery[] = [];
  #waitingBytes = 0;
  #held: Delivery[] = [];
  #handling = false;
  #scheduled = false;
  /** True from a handling on until the event loop has turned. */
  #hadItsTurn = false;
  #stopped = false;
  #idlers: (() => void)[] = [];

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /**
   * A handler that fails has broken its contract; its messages are acknowledged all the same, since
   * an unacknowledged one comes again with each connection and would keep the node from everything
   * behind it.
   */
  deliver(delivery: Delivery): void {
    this.#waiting.push(delivery);
    this.#waitingBytes += delivery.message.payload.length;
    if (!this.#handling) this.#schedule();
    const { mostMessages = MOST_MESSAGES } = this.#options;
    const full = this.#waiting.length >= mostMessages || this.#waitingBytes >= MOST_BYTES;
    if (this.#handling || full) this.#held.push(delivery);
    else delivery.proceed();
  }

  /** True while something is in the handler's hands, or about to be. */
  get isBusy(): boolean {
    return this.#handling || this.#waiting.length > 0;
  }

  /** Resolves when nothing is in the handler's hands. */
  idle(): Promise<void> {
    if (!this.isBusy) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  /** As `idle`, and what waits is not handled any more: the broker keeps it. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.idle();
  }

  /**
   * MQTT 5 [4.6.0-2] wants PUBACKs in the order of their messages; brokers know them by the packet id
   * and take them in any, and the messages behind are not to wait for this one (decisions/0002).
   */
  async #acknowledgeLater(delivery: Delivery, condition: Promise<void>): Promise<void> {
    try {
      await condition;
    } catch (error) {
      this.#options.onFault([delivery.message], error);
    }
    // What an ended connection has brought comes again over the next one.
    if (delivery.isCurrent) delivery.acknowledge();
  }

  /**
   * What comes first in a turn of the event loop is handled as soon as the code that brought it has run.
   * What comes behind it waits for all that the turn brings: over TLS Node makes a call for each record,
   * and handling many together costs little more than handling one. So others have their turn between
   * two handlings, too.
   */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#hadItsTurn) setImmediate(this.#handleWaiting);
    else soon(this.#handleWaiting);
  }

  readonly #turned = (): void => {
    this.#hadItsTurn = false;
  };

  readonly #handleWaiting = (): void => {
    void this.#handle();
  };

  async #handle(): Promise<void> {
    this.#scheduled = false;
    // The broker sends the others again, or has promised nothing (QoS 0): handling them now too would
    // mostly do the work twice.
    const current: Delivery[] = [];
    const messages: TransportMessage[] = [];
    for (const delivery of this.#stopped ? [] : this.#waiting) {
      if (!delivery.isCurrent) continue;
      current.push(delivery);
      messages.push(delivery.message);
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#handling = true;
    let later: Acknowledgements = [];
    try {
      if (messages.length > 0) later = await this.#options.handle(messages);
    } catch (error) {
      this.#options.onFault(messages, error);
    }
    this.#handling = false;
    this.#hadItsTurn = true;
    setImmediate(this.#turned);
    // An acknowledgement may bring the next message.
    const held = this.#held;
    this.#held = [];
    for (let index = 0; index < current.length; index++) {
      const delivery = current[index];
      const condition = later[index];
      if (delivery === undefined) continue;
      if (condition === undefined || delivery.qos === 0) delivery.acknowledge();
      else void this.#acknowledgeLater(delivery, condition);
    }
    if (this.#waiting.length === 0) for (const resolve of this.#idlers.splice(0)) resolve();
    else this.#schedule();
    for (const delivery of held) delivery.proceed();
  }
}

import { soon } from '../system/soon.js';
import type { TransportMessage } from '../transport/transport.js';
import { pubackPackets, pubcompPacket, pubrecPacket } from './client-packets.js';
import type { Delivery } from './link.js';
import type { Publication } from './publish-reader.js';

export interface ReceptionOptions {
  readonly write: (bytes: Buffer) => void;
  readonly message: (delivery: Delivery) => void;
  /** A message that was held has been let go, and the next may be taken. */
  readonly proceed: () => void;
}

/** Hands over what the broker delivers, one message after another, and confirms it. */
export class Reception {
  readonly #options: ReceptionOptions;
  #confirmed: number[] = [];
  #receiving = false;

  /** False before the broker has accepted the client, and once the connection has ended. */
  isCurrent = false;

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /** True while the next message has to wait. */
  isHeld = false;

  receive({ message, qos, packetId }: Publication): void {
    this.isHeld = true;
    this.#receiving = true;
    this.#options.message(new Received(this, message, qos, packetId));
    this.#receiving = false;
  }

  proceed(): void {
    this.isHeld = false;
    // Whoever has called `receive` goes on by itself.
    if (!this.#receiving) this.#options.proceed();
  }

  /** What is confirmed in one go leaves in one packet of the network. */
  confirm(qos: 0 | 1 | 2, packetId: number): void {
    if (qos === 0) return;
    if (qos === 2) {
      // Of an old subscription in the session: we ask for QoS 1. PUBREC says that the message is
      // kept, as PUBACK does; what comes a second time over the next connection is done again.
      this.flush();
      if (this.isCurrent) this.#options.write(pubrecPacket(packetId));
      return;
    }
    this.#confirmed.push(packetId);
    if (this.#confirmed.length === 1) soon(this.flush);
  }

  /** The broker lets go of a message of QoS 2, whether or not this connection has seen it. */
  release(packetId: number): void {
    this.#options.write(pubcompPacket(packetId));
  }

  readonly flush = (): void => {
    const confirmed = this.#confirmed;
    if (confirmed.length === 0) return;
    this.#confirmed = [];
    if (this.isCurrent) this.#options.write(pubackPackets(confirmed));
  };
}

/** A class, since closures for each of a hundred thousand messages would be half of the work. */
class Received implements Delivery {
  constructor(
    readonly reception: Reception,
    readonly message: TransportMessage,
    readonly qos: 0 | 1 | 2,
    readonly packetId: number,
  ) {}

  get isCurrent(): boolean {
    return this.reception.isCurrent;
  }

  proceed(): void {
    this.reception.proceed();
  }

  acknowledge(): void {
    this.reception.confirm(this.qos, this.packetId);
  }
}

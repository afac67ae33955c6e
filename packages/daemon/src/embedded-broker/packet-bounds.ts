import { LIMITS } from './limits.js';

/** Bytes of large packets that have begun and not ended, of all connections together. */
export interface Gathered {
  bytes: number;
}

/** MQTT 3.1.1 section 2.2.1: the upper half of a packet's first byte. */
const CONNECT = 1;
const PUBLISH = 3;
const SMALL = 64 * 1024;

/**
 * Reads along what a client sends, and finds out where a packet is larger than it may be from its
 * first bytes: who gathers whole packets behind this gathers no giants.
 */
export class PacketBounds {
  readonly #gathered: Gathered;
  #accepted = false;
  /** Before the CONNECT was answered. */
  #early = 0;
  #first = true;
  #type = 0;
  /** Of the fixed header: the type, then the length, one to four bytes (section 2.2.3). */
  #headerBytes = 0;
  #length = 0;
  #left = 0;
  #charged = 0;

  constructor(gathered: Gathered) {
    this.#gathered = gathered;
  }

  /** The client has logged in. */
  accept(): void {
    this.#accepted = true;
  }

  /** The connection is over. */
  close(): void {
    this.#gathered.bytes -= this.#charged;
    this.#charged = 0;
  }

  /** @returns why the connection has to end; undefined: it may go on */
  take(bytes: Uint8Array): string | undefined {
    if (!this.#accepted) {
      this.#early += bytes.length;
      if (this.#early > LIMITS.bytesBeforeAccepted) return 'sent too much before it had logged in';
    }
    for (let at = 0; at < bytes.length;) {
      if (this.#left > 0) {
        const here = Math.min(this.#left, bytes.length - at);
        at += here;
        this.#left -= here;
        this.#charge(here);
        if (this.#gathered.bytes > LIMITS.gatheredBytes) {
          return 'sent a large message while too many others do';
        }
        continue;
      }
      const fault = this.#header(bytes[at] ?? 0);
      if (fault !== undefined) return fault;
      at += 1;
    }
    return undefined;
  }

  #header(byte: number): string | undefined {
    this.#headerBytes += 1;
    if (this.#headerBytes === 1) {
      this.#type = byte >> 4;
      if (this.#first && this.#type !== CONNECT) return 'does not speak MQTT';
      this.#length = 0;
      return undefined;
    }
    this.#length += (byte & 0x7f) * 128 ** (this.#headerBytes - 2);
    const most = this.#type === PUBLISH ? LIMITS.publishBytes : LIMITS.packetBytes;
    if (this.#length > most) {
      return `sent a packet of more than ${(most / 1024).toString()} KiB`;
    }
    if (byte < 0x80) {
      this.#first = false;
      this.#headerBytes = 0;
      this.#left = this.#length;
    } else if (this.#headerBytes === 5) {
      return 'does not speak MQTT';
    }
    return undefined;
  }

  #charge(bytes: number): void {
    if (this.#length <= SMALL) return;
    if (this.#left === 0) {
      this.close();
      return;
    }
    this.#charged += bytes;
    this.#gathered.bytes += bytes;
  }
}

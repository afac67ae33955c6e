import type { Family } from '../../address/address.js';
import { MessageWriter } from '../../netlink/index.js';
import {
  after,
  bytesOf,
  lastPosition,
  type Interval,
  type Position,
} from '../../address/position.js';
import type { Piece } from '../nftables/set-driver.js';
import { writeInterval } from './write-elements.js';

/**
 * Writes intervals as `writeInterval` does, for long lists: those without a comment differ in two
 * keys and perhaps in their ends only, so the last one is kept, changed, and copied.
 */
export class IntervalTemplate {
  readonly #family: Family;
  readonly #keyLength: number;
  readonly #writer = new MessageWriter(MAX_LENGTH);
  #bytes = this.#writer.bytes();
  #view = new DataView(this.#bytes.buffer);
  #timeoutMs: number | undefined;

  constructor(family: Family) {
    this.#family = family;
    this.#keyLength = family === 'ipv4' ? 4 : 16;
  }

  /** @param timeoutMs as of `writeElement` */
  write(writer: MessageWriter, interval: Interval | Piece, timeoutMs: number | undefined): void {
    const family = this.#family;
    if ('comment' in interval || interval.last === lastPosition(family)) {
      writeInterval(writer, family, interval, timeoutMs);
      return;
    }
    if (this.#bytes.length === 0 || !this.#changeTimeout(timeoutMs)) {
      this.#writer.reset();
      writeInterval(this.#writer, family, interval, timeoutMs);
      this.#bytes = this.#writer.bytes();
      this.#view = new DataView(this.#bytes.buffer);
    } else {
      this.#changeKey(FIRST_KEY, interval.first);
      // Behind the second key stand the flags that make it an end.
      this.#changeKey(this.#bytes.length - FLAGS_LENGTH - this.#keyLength, after(interval.last));
    }
    this.#timeoutMs = timeoutMs;
    writer.append(this.#bytes);
  }

  #changeKey(offset: number, position: Position): void {
    if (typeof position === 'number') this.#view.setUint32(offset, position);
    else this.#bytes.set(bytesOf(position, this.#family), offset);
  }

  /** @returns false where other attributes are needed */
  #changeTimeout(timeoutMs: number | undefined): boolean {
    if (timeoutMs === this.#timeoutMs) return true;
    if (!timeoutMs || !this.#timeoutMs) return false;
    // NFTA_SET_ELEM_TIMEOUT and NFTA_SET_ELEM_EXPIRATION, each behind 4 bytes of header.
    const timeout = FIRST_KEY + this.#keyLength + 4;
    for (const offset of [timeout, timeout + 12]) {
      this.#view.setUint32(offset, Math.floor(timeoutMs / 0x1_0000_0000));
      this.#view.setUint32(offset + 4, timeoutMs >>> 0);
    }
    return true;
  }
}

/** Two keys of 16 bytes, both times, and flags. */
const MAX_LENGTH = 88;
/** Behind the headers of NFTA_LIST_ELEM, NFTA_SET_ELEM_KEY and NFTA_DATA_VALUE. */
const FIRST_KEY = 12;
/** NFTA_SET_ELEM_FLAGS. */
const FLAGS_LENGTH = 8;

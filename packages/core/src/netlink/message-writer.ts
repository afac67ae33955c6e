import { align, LITTLE_ENDIAN } from './byte-order.js';
import {
  NLA_F_NESTED,
  NLA_F_NET_BYTEORDER,
  NLA_HDRLEN,
  NLA_MAX_LENGTH,
  NLMSG_HDRLEN,
} from './linux-netlink.js';
import { NFGENMSG_LENGTH, NFNETLINK_V0 } from './linux-nfnetlink.js';

export interface MessageHeader {
  /** For netfilter: `netfilterType(subsystem, command)`. */
  readonly type: number;
  /** `NLM_F_…`, or-ed. */
  readonly flags: number;
  readonly sequence: number;
}

export interface NetfilterHeader extends MessageHeader {
  /** `NFPROTO_…`; default NFPROTO_UNSPEC. */
  readonly family?: number;
  /** Default 0; a batch names its subsystem here. */
  readonly resourceId?: number;
}

/**
 * Writes messages one behind the other into one buffer that is made once and used again.
 *
 * ```ts
 * const writer = new MessageWriter(4096);
 * writer.startNetfilter({ type: netfilterType(NFNL_SUBSYS_IPSET, 1), flags: NLM_F_REQUEST, sequence: 7 });
 * writer.u8(1, 7);                  // 05 00 01 00 07 + 3 bytes of padding
 * const nest = writer.openNest(7);  // length comes when it is closed
 * writer.be32(6, 600);              // 08 00 06 40 00 00 02 58
 * writer.closeNest(nest);
 * writer.end();
 * socket.send(writer.bytes());
 * ```
 *
 * What does not fit throws a RangeError: sizes are the caller's to know. `room` tells.
 */
export class MessageWriter {
  readonly capacity: number;
  /** The buffer, for who writes what `take` gave. */
  readonly view: DataView;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #messageStart = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
    this.view = this.#view;
  }

  /** Bytes written so far, padding included. */
  get length(): number {
    return this.#at;
  }

  get room(): number {
    return this.capacity - this.#at;
  }

  /** Forgets what was written. */
  reset(): void {
    this.#at = 0;
  }

  /** What was written: a view that the next `reset` makes invalid, not a copy. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  /** struct nlmsghdr; the length is filled in by `end`. The kernel takes port id 0 as the sender's. */
  start({ type, flags, sequence }: MessageHeader): void {
    const at = this.#reserve(NLMSG_HDRLEN);
    this.#messageStart = at;
    this.#view.setUint16(at + 4, type, LITTLE_ENDIAN);
    this.#view.setUint16(at + 6, flags, LITTLE_ENDIAN);
    this.#view.setUint32(at + 8, sequence, LITTLE_ENDIAN);
    this.#view.setUint32(at + 12, 0, LITTLE_ENDIAN);
  }

  /** struct nlmsghdr and, behind it, struct nfgenmsg. */
  startNetfilter(header: NetfilterHeader): void {
    this.start(header);
    const at = this.#reserve(NFGENMSG_LENGTH);
    this.#bytes[at] = header.family ?? 0;
    this.#bytes[at + 1] = NFNETLINK_V0;
    this.#view.setUint16(at + 2, header.resourceId ?? 0);
  }

  end(): void {
    const start = this.#messageStart;
    this.#view.setUint32(start, this.#at - start, LITTLE_ENDIAN);
  }

  u8(type: number, value: number): void {
    const at = this.#attribute(type, 1);
    this.#bytes[at] = value;
  }

  /** In the machine's byte order. */
  u32(type: number, value: number): void {
    this.#view.setUint32(this.#attribute(type, 4), value, LITTLE_ENDIAN);
  }

  /** In network byte order, and marked as such. ipset wants the mark, nf_tables wants `rawBe32`. */
  be32(type: number, value: number): void {
    this.rawBe32(type | NLA_F_NET_BYTEORDER, value);
  }

  /** In network byte order, not marked. */
  rawBe32(type: number, value: number): void {
    this.#view.setUint32(this.#attribute(type, 4), value);
  }

  /** In network byte order, not marked. */
  rawBe64(type: number, value: bigint): void {
    this.#view.setBigUint64(this.#attribute(type, 8), value);
  }

  /** As `rawBe64`, for whole numbers up to 2 ** 53, and without making a bigint. */
  be64Number(type: number, value: number): void {
    const at = this.#attribute(type, 8);
    this.#view.setUint32(at, Math.floor(value / 0x1_0000_0000));
    this.#view.setUint32(at + 4, value >>> 0);
  }

  /** ASCII with a NUL behind it, as the kernel's NLA_NUL_STRING wants it. */
  string(type: number, value: string): void {
    const at = this.#attribute(type, value.length + 1);
    for (let index = 0; index < value.length; index++) {
      this.#bytes[at + index] = value.charCodeAt(index);
    }
  }

  data(type: number, value: Uint8Array): void {
    const at = this.#attribute(type, value.length);
    // Addresses are short: a loop beats the call of TypedArray.set.
    for (let index = 0; index < value.length; index++) this.#bytes[at + index] = value[index] ?? 0;
  }

  /**
   * Takes room for attributes that the caller writes into `view` himself, all of it: for lists of
   * hundreds of thousands. @returns where it begins
   */
  take(length: number): number {
    return this.#reserve(length);
  }

  /** Attributes that are written already, padding included. */
  append(attributes: Uint8Array): void {
    const at = this.#reserve(attributes.length);
    for (let index = 0; index < attributes.length; index++) {
      this.#bytes[at + index] = attributes[index] ?? 0;
    }
  }

  /** Starts an attribute that holds attributes. @returns what `closeNest` needs */
  openNest(type: number): number {
    const at = this.#reserve(NLA_HDRLEN);
    this.#view.setUint16(at + 2, type | NLA_F_NESTED, LITTLE_ENDIAN);
    return at;
  }

  closeNest(nest: number): void {
    const length = this.#at - nest;
    if (length > NLA_MAX_LENGTH) throw new RangeError('a netlink attribute ends at 65535 bytes');
    this.#view.setUint16(nest, length, LITTLE_ENDIAN);
  }

  /** Writes the header and zeroes the last word, so that padding is zero. @returns where data goes */
  #attribute(type: number, length: number): number {
    const at = this.#reserve(align(NLA_HDRLEN + length));
    this.#view.setUint32(this.#at - 4, 0);
    this.#view.setUint16(at, NLA_HDRLEN + length, LITTLE_ENDIAN);
    this.#view.setUint16(at + 2, type, LITTLE_ENDIAN);
    return at + NLA_HDRLEN;
  }

  #reserve(length: number): number {
    const at = this.#at;
    if (at + length > this.capacity) throw new RangeError('the netlink message buffer is full');
    this.#at = at + length;
    return at;
  }
}

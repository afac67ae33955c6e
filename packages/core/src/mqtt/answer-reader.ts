import { FIXED_FLAGS, PacketType } from './client-packets.js';
import { MOST_PACKET_BYTES } from './packet-limits.js';
import { readLimits, type ConnectionLimits } from './connack-limits.js';
import { PublishReader, type Publication } from './publish-reader.js';
import { malformed, readVariableByteInteger } from './variable-byte-integer.js';

/** What a broker says to its client. */
export type Answer =
  | {
      readonly kind: 'connack';
      readonly sessionPresent: boolean;
      /** 0: accepted. A return code of 3.1.1 or a reason code of MQTT 5. */
      readonly code: number;
      readonly limits: ConnectionLimits;
    }
  | {
      readonly kind: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';
      readonly packetId: number;
      /** 0x80 and above: refused. MQTT 3.1.1 knows 0 only. */
      readonly code: number;
    }
  | {
      readonly kind: 'suback' | 'unsuback';
      readonly packetId: number;
      /** One a filter; MQTT 3.1.1 has none in UNSUBACK. */
      readonly codes: readonly number[];
    }
  | Publication
  | Giant
  | { readonly kind: 'disconnect'; readonly code: number }
  | { readonly kind: 'pingresp' | 'other' };

/** A message that is too large to be taken, and of which no more is kept than this. */
export interface Giant {
  readonly kind: 'giant';
  readonly qos: 0 | 1 | 2;
  readonly packetId: number;
  readonly topic: string;
  readonly bytes: number;
}

const NOTHING: Buffer = Buffer.alloc(0);

/** Cuts the broker's bytes into packets, and reads those that matter. */
export class AnswerReader {
  readonly #protocolVersion: 4 | 5;
  readonly #publications: PublishReader;
  /** What has come and is not joined to what is read from: see `push`. */
  #pieces: Buffer[] = [];
  #bytes = NOTHING;
  #at = 0;
  /** How many bytes the next packet lacks, as far as is known. */
  #missing = 0;
  /** A giant whose end is awaited, and how far it is. */
  #giant: Giant | undefined;
  #toSkip = 0;

  constructor(protocolVersion: 4 | 5) {
    this.#protocolVersion = protocolVersion;
    this.#publications = new PublishReader(protocolVersion);
  }

  /** Takes bytes as they come. They must stay as they are until they are read. */
  push(bytes: Buffer): void {
    if (this.#toSkip > 0) {
      const skipped = Math.min(this.#toSkip, bytes.length);
      this.#toSkip -= skipped;
      this.#bytes = bytes;
      this.#at = skipped;
      return;
    }
    this.#missing -= bytes.length;
    if (this.#at === this.#bytes.length && this.#pieces.length === 0) {
      this.#bytes = bytes;
      this.#at = 0;
      return;
    }
    // A giant comes in many pieces, which are joined once: when it is complete.
    this.#pieces.push(bytes);
  }

  /**
   * Reads the next packet that is complete.
   *
   * @throws Error where the bytes are no MQTT; nothing can be read after that
   */
  next(): Answer | undefined {
    if (this.#giant !== undefined) return this.#endGiant(this.#giant);
    if (this.#pieces.length > 0 && this.#missing <= 0) this.#join();
    const bytes = this.#bytes;
    const start = this.#at;
    if (start + 2 > bytes.length) return this.#lacks(start + 2 - bytes.length);
    const first = bytes[start] ?? 0;
    const type = first >> 4;
    // Before its end has come: what is no MQTT at all may never send so much.
    if (type !== PacketType.publish && (first & 0x0f) !== flagsOf(type)) throw malformed('flags');
    let length = bytes[start + 1] ?? 0;
    let from = start + 2;
    // Nearly all packets are shorter than 128 bytes.
    if (length > 0x7f) {
      const read = readVariableByteInteger(bytes, start + 1);
      if (read === undefined) return this.#lacks(1);
      length = read.value;
      from = read.end;
    }
    if (length > MOST_PACKET_BYTES) {
      // With MQTT 5 the broker was asked for none; with 3.1.1 it cannot be asked.
      if (type === PacketType.publish && this.#protocolVersion === 4) {
        return this.#beginGiant(first, from, length);
      }
      throw malformed('a giant packet');
    }
    const end = from + length;
    if (end > bytes.length) return this.#lacks(end - bytes.length);
    this.#at = end;
    return type === PacketType.publish
      ? this.#publications.read(first, bytes, from, end)
      : readAnswer(type, bytes.subarray(from, end), this.#protocolVersion);
  }

  /** Reads what an answer needs; the rest is let go as it comes, so that it takes no memory. */
  #beginGiant(first: number, from: number, length: number): Answer | undefined {
    const bytes = this.#bytes;
    const topicAt = from + 2;
    if (topicAt > bytes.length) return this.#lacks(topicAt - bytes.length);
    const topicEnd = topicAt + bytes.readUInt16BE(from);
    const qos = (first >> 1) & 0x03;
    const headEnd = topicEnd + (qos > 0 ? 2 : 0);
    if (headEnd > bytes.length) return this.#lacks(headEnd - bytes.length);
    if (qos === 3) throw malformed('a PUBLISH of QoS 3');
    const giant: Giant = {
      kind: 'giant',
      qos: qos as 0 | 1 | 2,
      packetId: qos > 0 ? bytes.readUInt16BE(topicEnd) : 0,
      topic: bytes.toString('utf8', topicAt, topicEnd),
      bytes: length,
    };
    const end = from + length;
    this.#at = Math.min(end, bytes.length);
    this.#toSkip = end - this.#at;
    this.#missing = 0;
    this.#giant = giant;
    return this.#endGiant(giant);
  }

  #endGiant(giant: Giant): Giant | undefined {
    if (this.#toSkip > 0) return undefined;
    this.#giant = undefined;
    return giant;
  }

  #join(): void {
    this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), ...this.#pieces]);
    this.#pieces = [];
    this.#at = 0;
  }

  #lacks(missing: number): Answer | undefined {
    if (this.#pieces.length === 0) this.#missing = missing;
    // What is read does not stay in memory until the next packet comes.
    if (this.#at === this.#bytes.length) {
      this.#bytes = NOTHING;
      this.#at = 0;
    }
    return undefined;
  }
}

function flagsOf(type: number): number {
  return type === PacketType.pubrel ? FIXED_FLAGS : 0;
}

function readAnswer(type: number, body: Buffer, protocolVersion: 4 | 5): Answer {
  switch (type) {
    case PacketType.connack:
      if (body.length < 2) throw malformed('a short CONNACK');
      return {
        kind: 'connack',
        sessionPresent: (body[0] ?? 0) === 1,
        code: body[1] ?? 0,
        limits: protocolVersion === 5 && body.length > 2 ? readLimits(body) : {},
      };
    case PacketType.puback:
      return confirmation('puback', body);
    case PacketType.pubrec:
      return confirmation('pubrec', body);
    case PacketType.pubrel:
      return confirmation('pubrel', body);
    case PacketType.pubcomp:
      return confirmation('pubcomp', body);
    case PacketType.suback:
      return subscription('suback', body, protocolVersion);
    case PacketType.unsuback:
      return subscription('unsuback', body, protocolVersion);
    case PacketType.disconnect:
      return { kind: 'disconnect', code: body[0] ?? 0 };
    case PacketType.pingresp:
      return { kind: 'pingresp' };
    default:
      return { kind: 'other' };
  }
}

function confirmation(kind: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', body: Buffer): Answer {
  if (body.length < 2) throw malformed(`a short ${kind.toUpperCase()}`);
  return { kind, packetId: body.readUInt16BE(0), code: body[2] ?? 0 };
}

function subscription(kind: 'suback' | 'unsuback', body: Buffer, protocolVersion: 4 | 5): Answer {
  if (body.length < 2) throw malformed(`a short ${kind.toUpperCase()}`);
  let from = 2;
  if (protocolVersion === 5) {
    const properties = readVariableByteInteger(body, from);
    if (properties === undefined) throw malformed(`${kind.toUpperCase()} properties`);
    from = properties.end + properties.value;
    if (from > body.length) throw malformed(`${kind.toUpperCase()} properties`);
  }
  return { kind, packetId: body.readUInt16BE(0), codes: [...body.subarray(from)] };
}

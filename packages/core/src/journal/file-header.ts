import { crc32 } from './crc32.js';
import { BYTE_ORDER } from './frame.js';

/** Of journals that this version writes; those above are a newer version's. */
export const FORMAT = 1;

/**
 * Every journal of every format begins with this many bytes of text, ended by a line feed:
 *
 *     vallum journal, format 1, little-endian, written by vallumd 0.4.0          , check 5a1c9b07
 *
 * The check is the CRC-32 of what is before it.
 */
export const HEADER_LENGTH = 96;

const CHECK_LENGTH = 8;
const MAX_WRITER_LENGTH = 28;
const HEADER =
  /^vallum journal, format (\d{1,4}), (little|big)-endian, written by (.*?) *, check ([0-9a-f]{8})\n$/;

export interface FileHeader {
  readonly format: number;
  readonly byteOrder: string;
  /** The program and its version. */
  readonly writer: string;
}

export function encodeHeader(writer: string): Uint8Array {
  const name = writer.replace(/[^ -~]/g, '?').slice(0, MAX_WRITER_LENGTH);
  const head = `vallum journal, format ${String(FORMAT)}, ${BYTE_ORDER}-endian, written by ${name}`;
  const bytes = Buffer.alloc(HEADER_LENGTH, ' ');
  const check = `, check `;
  const checkAt = HEADER_LENGTH - 1 - CHECK_LENGTH;
  bytes.write(head, 'latin1');
  bytes.write(check, checkAt - check.length, 'latin1');
  bytes.write(`${hex(crc32(bytes, 0, checkAt))}\n`, checkAt, 'latin1');
  return bytes;
}

/** @returns undefined where the bytes are no header, or a damaged one */
export function decodeHeader(bytes: Uint8Array): FileHeader | undefined {
  const text = Buffer.from(bytes.subarray(0, HEADER_LENGTH)).toString('latin1');
  const [, format, byteOrder = '', writer = '', check] = HEADER.exec(text) ?? [];
  if (check !== hex(crc32(bytes, 0, HEADER_LENGTH - 1 - CHECK_LENGTH))) return undefined;
  return { format: Number(format), byteOrder, writer };
}

function hex(value: number): string {
  return value.toString(16).padStart(CHECK_LENGTH, '0');
}

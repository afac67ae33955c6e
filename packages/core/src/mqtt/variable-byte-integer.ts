import { BrokerFault } from './broker-fault.js';

/**
 * Reads a length (MQTT 5 section 1.5.5): seven bits a byte, lowest first, the eighth says that more
 * follow.
 *
 * @returns undefined where it is not all there
 * @throws Error for one of more than four bytes
 */
export function readVariableByteInteger(
  bytes: Uint8Array,
  from: number,
): { value: number; end: number } | undefined {
  let value = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 128 ** (at - from);
    if (byte < 0x80) return { value, end: at + 1 };
    if (at - from === 3) throw malformed('a length of more than four bytes');
  }
  return undefined;
}

export function malformed(what: string): BrokerFault {
  return new BrokerFault(`what the broker says is malformed: ${what}`);
}

import { align, LITTLE_ENDIAN, viewOf } from './byte-order.js';
import { malformed } from './error.js';
import { NLMSG_HDRLEN } from './linux-netlink.js';

/** One message as it came: struct nlmsghdr and what is behind it. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly portId: number;
  /** Not a copy: valid until the next one is received. */
  readonly payload: Uint8Array;
}

/**
 * Takes a datagram apart.
 *
 * @throws NetlinkError where a length leads outside of `bytes`
 */
export function readMessages(bytes: Uint8Array): Message[] {
  const view = viewOf(bytes);
  const messages: Message[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < NLMSG_HDRLEN) throw malformed('a message is cut off in its header');
    const length = view.getUint32(at, LITTLE_ENDIAN);
    if (length < NLMSG_HDRLEN || length > bytes.length - at) {
      throw malformed(`a message claims ${length} bytes of ${bytes.length - at}`);
    }
    messages.push({
      type: view.getUint16(at + 4, LITTLE_ENDIAN),
      flags: view.getUint16(at + 6, LITTLE_ENDIAN),
      sequence: view.getUint32(at + 8, LITTLE_ENDIAN),
      portId: view.getUint32(at + 12, LITTLE_ENDIAN),
      payload: bytes.subarray(at + NLMSG_HDRLEN, at + length),
    });
    at += align(length);
  }
  return messages;
}

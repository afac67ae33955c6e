import { readAttributes, readString } from '../attribute.js';
import { LITTLE_ENDIAN, viewOf } from '../byte-order.js';
import { malformed } from '../error.js';
import { IFINFOMSG_LENGTH, IFLA_IFNAME } from './linux-rtnetlink.js';

/**
 * Reads an RTM_NEWLINK: struct ifinfomsg, then attributes.
 *
 * ```
 * 00 00 01 00 02 00 00 00 43 10 01 00 00 00 00 00   family, type, index 2, flags, change
 * 09 00 03 00 65 74 68 30 00 …                      IFLA_IFNAME "eth0"
 * ```
 *
 * @throws NetlinkError where it is cut short
 */
export function decodeLink(payload: Uint8Array): { readonly index: number; readonly name: string } {
  if (payload.length < IFINFOMSG_LENGTH) throw malformed('a link is cut off');
  const name = readAttributes(payload.subarray(IFINFOMSG_LENGTH)).get(IFLA_IFNAME);
  const index = viewOf(payload).getInt32(4, LITTLE_ENDIAN);
  return { index, name: name === undefined ? '' : readString(name) };
}

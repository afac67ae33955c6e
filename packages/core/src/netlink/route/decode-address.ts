import { readAttributes } from '../attribute.js';
import { LITTLE_ENDIAN, viewOf } from '../byte-order.js';
import { malformed } from '../error.js';
import {
  AF_INET,
  AF_INET6,
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_LOCAL,
  IFADDRMSG_LENGTH,
} from './linux-rtnetlink.js';
import type { NetworkFact } from './network-fact.js';

/**
 * Reads an RTM_NEWADDR: struct ifaddrmsg, then attributes.
 *
 * ```
 * 02 18 80 00 02 00 00 00   IPv4, /24, flags, scope, index 2
 * 08 00 01 00 c6 33 64 01   IFA_ADDRESS: on a point-to-point link the other end, else as IFA_LOCAL
 * 08 00 02 00 c6 33 64 01   IFA_LOCAL: the own address; IPv6 has it on point-to-point links only
 * 08 00 04 00 c6 33 64 ff   IFA_BROADCAST
 * ```
 *
 * @returns copies, since a message is valid until the next one comes; nothing for other families
 * @throws NetlinkError where it is cut short
 */
export function decodeAddress(payload: Uint8Array): NetworkFact[] {
  if (payload.length < IFADDRMSG_LENGTH) throw malformed('an address is cut off');
  const [family, prefixLength = 0] = payload;
  const width = widthOf(family);
  if (width === undefined) return [];
  const index = viewOf(payload).getUint32(4, LITTLE_ENDIAN);
  const attributes = readAttributes(payload.subarray(IFADDRMSG_LENGTH));
  const take = (type: number): Uint8Array | undefined => {
    const bytes = attributes.get(type);
    if (bytes !== undefined && bytes.length !== width) {
      throw malformed(`an address of ${bytes.length} bytes`);
    }
    return bytes?.slice();
  };
  const address = take(IFA_ADDRESS);
  const local = take(IFA_LOCAL);
  const broadcast = take(IFA_BROADCAST);
  const own = local ?? address;
  const facts: NetworkFact[] = [];
  const peer = address !== undefined && own !== undefined && !equal(address, own);
  if (own !== undefined) {
    // The prefix is the peer's: a /24 there says nothing of a subnet around the own address.
    facts.push({ kind: 'own', bytes: own, index, ...(peer ? {} : { prefixLength }) });
  }
  if (peer) facts.push({ kind: 'peer', bytes: address, index });
  if (broadcast !== undefined) facts.push({ kind: 'broadcast', bytes: broadcast, index });
  return facts;
}

/** How many bytes an address of the family has; undefined for families that are not IP. */
export function widthOf(family: number | undefined): 4 | 16 | undefined {
  if (family === AF_INET) return 4;
  return family === AF_INET6 ? 16 : undefined;
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, at) => byte === other[at]);
}

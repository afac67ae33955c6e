import { eachAttribute, readU32 } from '../attribute.js';
import { align, LITTLE_ENDIAN, viewOf } from '../byte-order.js';
import { malformed } from '../error.js';
import { widthOf } from './decode-address.js';
import {
  NHA_GATEWAY,
  NHA_OIF,
  NHMSG_LENGTH,
  RT_TABLE_LOCAL,
  RTA_GATEWAY,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_TABLE,
  RTA_VIA,
  RTMSG_LENGTH,
  RTN_UNICAST,
  RTNEXTHOP_LENGTH,
} from './linux-rtnetlink.js';

/** Takes one gateway: a view of the message, valid until the next one comes. */
export type VisitGateway = (bytes: Uint8Array, index: number) => void;

/**
 * Calls back for each gateway of an RTM_NEWROUTE: struct rtmsg, then attributes. Of tables other
 * than `local`, and of routes that deliver: an unreachable or a blackhole sends nothing anywhere.
 *
 * ```
 * 02 00 00 00 fe 03 00 01 00 00 00 00   IPv4, ::/0 … table 254 (main), protocol, scope, unicast
 * 08 00 0f 00 fe 00 00 00               RTA_TABLE, which has room for numbers above 255
 * 08 00 05 00 c6 33 64 02               RTA_GATEWAY, with one next hop
 * 08 00 04 00 02 00 00 00               RTA_OIF
 * 24 00 09 00                           RTA_MULTIPATH, with several:
 *   10 00 00 00 02 00 00 00               struct rtnexthop: 16 bytes long, interface 2
 *   08 00 05 00 c6 33 64 02               its RTA_GATEWAY
 *   10 00 00 01 02 00 00 00 08 00 05 00 c6 33 64 03
 * 16 00 12 00 0a 00 fe 80 … 77          RTA_VIA in place of RTA_GATEWAY: `via inet6 fe80::77`
 * ```
 *
 * @throws NetlinkError where it is cut short
 */
export function visitGateways(payload: Uint8Array, visit: VisitGateway): void {
  if (payload.length < RTMSG_LENGTH) throw malformed('a route is cut off');
  let table = payload[4] ?? 0;
  if (payload[7] !== RTN_UNICAST) return;
  let index = 0;
  let gateway: Uint8Array | undefined;
  let paths: Uint8Array | undefined;
  eachAttribute(payload.subarray(RTMSG_LENGTH), (type, data) => {
    if (type === RTA_TABLE) table = readU32(data);
    else if (type === RTA_OIF) index = readU32(data);
    else if (type === RTA_MULTIPATH) paths = data;
    else gateway = gatewayOf(type, data) ?? gateway;
  });
  if (table === RT_TABLE_LOCAL) return;
  if (gateway !== undefined) visit(gateway, index);
  if (paths !== undefined) visitPaths(paths, visit);
}

/**
 * Calls back for the gateway of an RTM_NEWNEXTHOP, which `ip nexthop` makes: struct nhmsg, then
 * attributes. A group has none of its own; its members are objects and listed themselves.
 *
 * ```
 * 02 fd 00 00 00 00 00 00   IPv4, scope link
 * 08 00 01 00 07 00 00 00   NHA_ID 7
 * 08 00 05 00 02 00 00 00   NHA_OIF
 * 08 00 06 00 c6 33 64 08   NHA_GATEWAY
 * ```
 *
 * @throws NetlinkError where it is cut short
 */
export function visitNextHopObject(payload: Uint8Array, visit: VisitGateway): void {
  if (payload.length < NHMSG_LENGTH) throw malformed('a nexthop object is cut off');
  let index = 0;
  let gateway: Uint8Array | undefined;
  eachAttribute(payload.subarray(NHMSG_LENGTH), (type, data) => {
    if (type === NHA_OIF) index = readU32(data);
    else if (type === NHA_GATEWAY) gateway = whole(data);
  });
  if (gateway !== undefined) visit(gateway, index);
}

function visitPaths(paths: Uint8Array, visit: VisitGateway): void {
  const view = viewOf(paths);
  for (let at = 0; at < paths.length;) {
    if (paths.length - at < RTNEXTHOP_LENGTH) throw malformed('a next hop is cut off');
    const length = view.getUint16(at, LITTLE_ENDIAN);
    if (length < RTNEXTHOP_LENGTH || at + length > paths.length) {
      throw malformed(`a next hop claims ${length} bytes of ${paths.length - at}`);
    }
    const index = view.getInt32(at + 4, LITTLE_ENDIAN);
    eachAttribute(paths.subarray(at + RTNEXTHOP_LENGTH, at + length), (type, data) => {
      const gateway = gatewayOf(type, data);
      if (gateway !== undefined) visit(gateway, index);
    });
    at += align(length);
  }
}

function gatewayOf(type: number, data: Uint8Array): Uint8Array | undefined {
  if (type === RTA_GATEWAY) return whole(data);
  if (type !== RTA_VIA) return undefined;
  if (data.length < 2) throw malformed('a gateway of another family is cut off');
  const width = widthOf(viewOf(data).getUint16(0, LITTLE_ENDIAN));
  return width === undefined ? undefined : whole(data.subarray(2), width);
}

function whole(bytes: Uint8Array, width?: 4 | 16): Uint8Array {
  if (bytes.length === width) return bytes;
  if (width === undefined && (bytes.length === 4 || bytes.length === 16)) return bytes;
  throw malformed(`a gateway of ${bytes.length} bytes`);
}

import { addressFromBytes } from '../../address/from-bytes.js';
import type { Address, Family } from '../../address/address.js';
import type { SetName } from '../../words/names.js';
import {
  NetlinkError,
  NFGENMSG_LENGTH,
  NFPROTO_IPV6,
  readAttributes,
  readBe32,
  readString,
  readU8,
  type Attributes,
  type Message,
} from '../../netlink/index.js';
import type { SetInfo } from '../backend.js';
import * as ipset from './linux-ip-set.js';

/** Type and family: what decides which entries a set takes. */
export interface SetKind {
  readonly type: string;
  readonly family: Family;
}

/** The attributes behind nfgenmsg. @throws NetlinkError where they are malformed */
export function readBody({ payload }: Message): Attributes {
  return readAttributes(payload.subarray(NFGENMSG_LENGTH));
}

/** Reads the answer to IPSET_CMD_HEADER, and the first part of IPSET_CMD_LIST. */
export function readKind(body: Attributes): SetKind {
  return {
    type: readString(required(body, ipset.IPSET_ATTR_TYPENAME)),
    family: readU8(required(body, ipset.IPSET_ATTR_FAMILY)) === NFPROTO_IPV6 ? 'ipv6' : 'ipv4',
  };
}

/** Reads the answer to IPSET_CMD_LIST with IPSET_FLAG_LIST_HEADER. */
export function readSetInfo(set: SetName, message: Message): SetInfo {
  const body = readBody(message);
  const kind = readKind(body);
  const data = readAttributes(required(body, ipset.IPSET_ATTR_DATA));
  const timeout = data.get(ipset.IPSET_ATTR_TIMEOUT);
  const netmask = data.get(ipset.IPSET_ATTR_NETMASK);
  const maxEntries = data.get(ipset.IPSET_ATTR_MAXELEM);
  const initialValue = data.get(ipset.IPSET_ATTR_INITVAL);
  const first = data.get(ipset.IPSET_ATTR_IP);
  const last = data.get(ipset.IPSET_ATTR_IP_TO);
  const flags = data.get(ipset.IPSET_ATTR_CADT_FLAGS);
  const has = (flag: number): boolean => flags !== undefined && (readBe32(flags) & flag) !== 0;
  return {
    set,
    ...kind,
    ...(timeout === undefined ? {} : { defaultTimeoutSeconds: readBe32(timeout) }),
    ...(netmask === undefined ? {} : { netmask: readU8(netmask) }),
    ...(first === undefined || last === undefined
      ? {}
      : { range: { first: readAddress(first).text, last: readAddress(last).text } }),
    ...(maxEntries === undefined ? {} : { maxEntries: readBe32(maxEntries) }),
    ...(has(ipset.IPSET_FLAG_WITH_COMMENT) ? { comments: true } : {}),
    ...(has(ipset.IPSET_FLAG_WITH_FORCEADD) ? { evicts: true } : {}),
    entries: readBe32(required(data, ipset.IPSET_ATTR_ELEMENTS)),
    references: readBe32(required(data, ipset.IPSET_ATTR_REFERENCES)),
    // The hash's random seed. A bitmap has none; nothing else tells two of the same name apart.
    ...(initialValue === undefined ? {} : { identity: hexadecimal(readBe32(initialValue)) }),
  };
}

/** `08 00 01 00 c0 00 02 07`: IPSET_ATTR_IPADDR_IPV4 in what IPSET_ATTR_IP holds. */
function readAddress(nest: Uint8Array): Address {
  const inner = readAttributes(nest);
  const ipv4 = inner.get(ipset.IPSET_ATTR_IPADDR_IPV4);
  if (ipv4 !== undefined) return addressFromBytes('ipv4', ipv4);
  return addressFromBytes('ipv6', required(inner, ipset.IPSET_ATTR_IPADDR_IPV6));
}

/** The attribute that this answer cannot do without. @throws NetlinkError where it lacks */
export function required(attributes: Attributes, type: number): Uint8Array {
  const data = attributes.get(type);
  if (data !== undefined) return data;
  throw new NetlinkError(`the kernel's answer lacks attribute ${type}`, 'decode ipset answer');
}

function hexadecimal(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

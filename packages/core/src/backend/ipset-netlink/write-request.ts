import { addressWidth, type Address, type Family } from '../../address/address.js';
import type { SetName } from '../../words/names.js';
import {
  netfilterType,
  NFNL_SUBSYS_IPSET,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NLA_F_NET_BYTEORDER,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  type MessageWriter,
} from '../../netlink/index.js';
import type { SetSpec } from '../backend.js';
import type { BitmapRange } from '../bitmap-range.js';
import * as ipset from './linux-ip-set.js';

/** What every request starts with. */
export interface Envelope {
  readonly sequence: number;
  /** As agreed with the kernel: 6 or 7. */
  readonly protocol: number;
}

export function familyNumber(family: Family): number {
  return family === 'ipv4' ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

/** nlmsghdr, nfgenmsg and IPSET_ATTR_PROTOCOL. The family of nfgenmsg says nothing in ipset. */
export function startRequest(
  writer: MessageWriter,
  { sequence, protocol }: Envelope,
  command: number,
  flags: number,
): void {
  const type = netfilterType(NFNL_SUBSYS_IPSET, command);
  writer.startNetfilter({ type, flags: NLM_F_REQUEST | flags, sequence, family: NFPROTO_IPV4 });
  writer.u8(ipset.IPSET_ATTR_PROTOCOL, protocol);
}

/** Which protocol versions does the kernel speak? */
export function writeProtocol(writer: MessageWriter, envelope: Envelope): Uint8Array {
  writer.reset();
  startRequest(writer, envelope, ipset.IPSET_CMD_PROTOCOL, 0);
  return finish(writer);
}

/** Which revisions of a set type does the kernel have? */
export function writeType(
  writer: MessageWriter,
  envelope: Envelope,
  { type, family }: Pick<SetSpec, 'type' | 'family'>,
): Uint8Array {
  writer.reset();
  startRequest(writer, envelope, ipset.IPSET_CMD_TYPE, 0);
  writer.string(ipset.IPSET_ATTR_TYPENAME, type);
  writer.u8(ipset.IPSET_ATTR_FAMILY, familyNumber(family));
  return finish(writer);
}

/** What type and family has a set? */
export function writeHeader(writer: MessageWriter, envelope: Envelope, set: SetName): Uint8Array {
  writer.reset();
  startRequest(writer, envelope, ipset.IPSET_CMD_HEADER, 0);
  writer.string(ipset.IPSET_ATTR_SETNAME, set);
  return finish(writer);
}

/** Dumps a set with all that is in it, or only what it is. */
export function writeList(
  writer: MessageWriter,
  envelope: Envelope,
  set: SetName,
  what: 'header' | 'members',
): Uint8Array {
  writer.reset();
  startRequest(writer, envelope, ipset.IPSET_CMD_LIST, NLM_F_ACK | NLM_F_DUMP);
  writer.string(ipset.IPSET_ATTR_SETNAME, set);
  if (what === 'header') writer.be32(ipset.IPSET_ATTR_FLAGS, ipset.IPSET_FLAG_LIST_HEADER);
  return finish(writer);
}

/** What is asked about an address: is it, or a prefix around it, in the set, or is it an exception? */
export type Question = 'is-member' | 'is-exception';

/** IPSET_ERR_EXIST says no. */
export function writeTest(
  writer: MessageWriter,
  envelope: Envelope,
  set: SetName,
  address: Address,
  question: Question,
): Uint8Array {
  writer.reset();
  startRequest(writer, envelope, ipset.IPSET_CMD_TEST, NLM_F_ACK);
  writer.string(ipset.IPSET_ATTR_SETNAME, set);
  const data = writer.openNest(ipset.IPSET_ATTR_DATA);
  writeAddress(writer, ipset.IPSET_ATTR_IP, address);
  writePrefixLength(writer, address);
  if (question === 'is-exception') {
    writer.be32(ipset.IPSET_ATTR_CADT_FLAGS, ipset.IPSET_FLAG_NOMATCH);
  }
  writer.closeNest(data);
  return finish(writer);
}

/** Makes a set; refused with EEXIST where the name is taken. */
export function writeCreate(
  writer: MessageWriter,
  envelope: Envelope,
  spec: SetSpec,
  revision: number,
  ends: { readonly [End in keyof BitmapRange]: Address } | undefined,
): Uint8Array {
  const flags = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
  writer.reset();
  startRequest(writer, envelope, ipset.IPSET_CMD_CREATE, flags);
  writer.string(ipset.IPSET_ATTR_SETNAME, spec.set);
  writer.string(ipset.IPSET_ATTR_TYPENAME, spec.type);
  writer.u8(ipset.IPSET_ATTR_REVISION, revision);
  writer.u8(ipset.IPSET_ATTR_FAMILY, familyNumber(spec.family));
  const data = writer.openNest(ipset.IPSET_ATTR_DATA);
  if (ends !== undefined) {
    writeAddress(writer, ipset.IPSET_ATTR_IP, ends.first);
    writeAddress(writer, ipset.IPSET_ATTR_IP_TO, ends.last);
  }
  if (spec.defaultTimeoutSeconds !== undefined) {
    writer.be32(ipset.IPSET_ATTR_TIMEOUT, spec.defaultTimeoutSeconds);
  }
  if (spec.maxEntries !== undefined) writer.be32(ipset.IPSET_ATTR_MAXELEM, spec.maxEntries);
  if (spec.comments === true) {
    writer.be32(ipset.IPSET_ATTR_CADT_FLAGS, ipset.IPSET_FLAG_WITH_COMMENT);
  }
  writer.closeNest(data);
  return finish(writer);
}

/** `0c 00 01 80 08 00 01 40 c0 00 02 07`: an address in a nest that says its family. */
export function writeAddress(writer: MessageWriter, type: number, address: Address): void {
  const nest = writer.openNest(type);
  const kind =
    address.family === 'ipv4' ? ipset.IPSET_ATTR_IPADDR_IPV4 : ipset.IPSET_ATTR_IPADDR_IPV6;
  writer.data(kind | NLA_F_NET_BYTEORDER, address.bytes);
  writer.closeNest(nest);
}

/** `05 00 03 00 20 00 00 00`, where the address is a prefix. */
export function writePrefixLength(writer: MessageWriter, address: Address): void {
  if (address.prefixLength !== addressWidth(address.family)) {
    writer.u8(ipset.IPSET_ATTR_CIDR, address.prefixLength);
  }
}

function finish(writer: MessageWriter): Uint8Array {
  writer.end();
  return writer.bytes();
}

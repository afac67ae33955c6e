import { wordsPerAddress } from '../../address/address-columns.js';
import { addressWidth } from '../../address/address.js';
import {
  align,
  LITTLE_ENDIAN,
  NLA_F_NESTED,
  NLA_F_NET_BYTEORDER,
  NLM_F_ACK,
  NLM_F_EXCL,
  type MessageWriter,
} from '../../netlink/index.js';
import type { SetName } from '../../words/names.js';
import { ADD, DELETE, NO_TIMEOUT, type ChangeColumns } from '../backend.js';
import { storableComment } from '../storable-comment.js';
import {
  IPSET_ATTR_ADT,
  IPSET_ATTR_CIDR,
  IPSET_ATTR_COMMENT,
  IPSET_ATTR_DATA,
  IPSET_ATTR_IP,
  IPSET_ATTR_IPADDR_IPV4,
  IPSET_ATTR_IPADDR_IPV6,
  IPSET_ATTR_LINENO,
  IPSET_ATTR_SETNAME,
  IPSET_ATTR_TIMEOUT,
  IPSET_CMD_ADD,
  IPSET_CMD_DEL,
} from './linux-ip-set.js';
import { startRequest, type Envelope } from './write-request.js';

/** The largest entry without a comment: an IPv6 prefix with a timeout. */
const MAX_ENTRY_LENGTH = 4 + (4 + 20) + 8 + 8 + 8;
/** A comment of 255 bytes, with its header and NUL. */
const MAX_COMMENT_LENGTH = 4 + 256;
/** nlmsghdr, nfgenmsg, IPSET_ATTR_PROTOCOL, IPSET_ATTR_SETNAME. */
const MAX_HEADER_LENGTH = 16 + 4 + 8 + 4 + 32;

/** The most that `writeEntry` takes of a message for a change. */
export function roomFor({ comments }: ChangeColumns, index: number): number {
  const commented = comments?.[index] !== undefined;
  return commented ? MAX_ENTRY_LENGTH + MAX_COMMENT_LENGTH : MAX_ENTRY_LENGTH;
}

/** The most that `writeOne` takes of a buffer. */
export const MAX_ONE_LENGTH = MAX_HEADER_LENGTH + MAX_ENTRY_LENGTH + MAX_COMMENT_LENGTH;

/**
 * How the kernel is told what to do. `ADD` leaves NLM_F_EXCL out, which is what `ipset -exist` does:
 * what is there already is not an error and gets the new timeout. `ADD_NEW` and `DELETE` set it: only
 * then the kernel tells what was there, or was not.
 */
function commandOf(op: number | undefined): readonly [command: number, flags: number] {
  if (op === DELETE) return [IPSET_CMD_DEL, NLM_F_EXCL];
  return [IPSET_CMD_ADD, op === ADD ? 0 : NLM_F_EXCL];
}

/**
 * Starts a message that changes many entries of one set in one way.
 *
 * @param op as in `ChangeColumns.ops`
 * @returns what `endEntries` needs
 */
export function startEntries(
  writer: MessageWriter,
  envelope: Envelope,
  op: number | undefined,
  set: SetName,
): number {
  const [command, flags] = commandOf(op);
  writer.reset();
  startRequest(writer, envelope, command, NLM_F_ACK | flags);
  writer.string(IPSET_ATTR_SETNAME, set);
  // Room for the number of the line that fails: the kernel writes it here and sends all back.
  writer.be32(IPSET_ATTR_LINENO, 1);
  return writer.openNest(IPSET_ATTR_ADT);
}

export function endEntries(writer: MessageWriter, nest: number): Uint8Array {
  writer.closeNest(nest);
  writer.end();
  return writer.bytes();
}

/**
 * Writes one entry. 192.0.2.7 for 60 seconds, in line 1:
 *
 * ```
 * 20 00 07 80                                      IPSET_ATTR_DATA, 32 bytes
 *   0c 00 01 80  08 00 01 40  c0 00 02 07          IPSET_ATTR_IP { IPSET_ATTR_IPADDR_IPV4 }
 *   08 00 06 40  00 00 00 3c                       IPSET_ATTR_TIMEOUT
 *   08 00 09 40  00 00 00 01                       IPSET_ATTR_LINENO
 * ```
 *
 * @param commented whether the set takes comments, as far as is known
 * @param isLine whether its line is told: its index, counted from 1, since the kernel does not
 *   report line 0
 */
export function writeEntry(
  writer: MessageWriter,
  columns: ChangeColumns,
  index: number,
  commented: boolean,
  isLine = true,
): void {
  const comment =
    commented && columns.ops[index] !== DELETE ? columns.comments?.[index] : undefined;
  const remark = comment === undefined ? undefined : storableComment(comment);
  if (remark === undefined) {
    writeFields(writer, columns, index, isLine, 0);
    return;
  }
  const bytes = Buffer.from(`${remark}\0`);
  const length = 4 + align(bytes.length) + (isLine ? 8 : 0);
  writeFields(writer, columns, index, false, length);
  writer.data(IPSET_ATTR_COMMENT, bytes);
  if (isLine) writer.be32(IPSET_ATTR_LINENO, index + 1);
}

/** @param behind bytes of IPSET_ATTR_DATA that the caller writes */
function writeFields(
  writer: MessageWriter,
  columns: ChangeColumns,
  index: number,
  isLine: boolean,
  behind: number,
): void {
  const { family, words } = columns;
  const perAddress = wordsPerAddress(family);
  const prefixLength = columns.prefixLengths[index] ?? 0;
  const isPrefix = prefixLength !== addressWidth(family);
  const timeout = columns.timeoutSeconds[index] ?? NO_TIMEOUT;
  const isTimed = timeout !== NO_TIMEOUT && columns.ops[index] !== DELETE;
  const addressLength = 4 + 4 * perAddress;
  const length = 8 + addressLength + (isPrefix ? 8 : 0) + (isTimed ? 8 : 0) + (isLine ? 8 : 0);
  const { view } = writer;
  let at = writer.take(length);
  header(view, at, length + behind, IPSET_ATTR_DATA | NLA_F_NESTED);
  header(view, at + 4, 4 + addressLength, IPSET_ATTR_IP | NLA_F_NESTED);
  const kind = perAddress === 1 ? IPSET_ATTR_IPADDR_IPV4 : IPSET_ATTR_IPADDR_IPV6;
  header(view, at + 8, addressLength, kind | NLA_F_NET_BYTEORDER);
  at += 12;
  const start = perAddress * index;
  for (let word = start; word < start + perAddress; word++) {
    view.setUint32(at, words[word] ?? 0);
    at += 4;
  }
  if (isPrefix) {
    header(view, at, 5, IPSET_ATTR_CIDR);
    // One byte and three of padding.
    view.setUint32(at + 4, prefixLength << 24);
    at += 8;
  }
  if (isTimed) {
    header(view, at, 8, IPSET_ATTR_TIMEOUT | NLA_F_NET_BYTEORDER);
    view.setUint32(at + 4, timeout);
    at += 8;
  }
  if (isLine) {
    header(view, at, 8, IPSET_ATTR_LINENO | NLA_F_NET_BYTEORDER);
    view.setUint32(at + 4, index + 1);
  }
}

function header(view: DataView, at: number, length: number, type: number): void {
  view.setUint16(at, length, LITTLE_ENDIAN);
  view.setUint16(at + 2, type, LITTLE_ENDIAN);
}

/**
 * Writes a message of its own for one entry, behind others in the same datagram: the kernel works
 * through all of them, whichever fail, and says which by their numbers.
 *
 * @param isLast then its acknowledgement is asked for also where it succeeds
 */
export function writeOne(
  writer: MessageWriter,
  envelope: Envelope,
  columns: ChangeColumns,
  index: number,
  commented: boolean,
  isLast: boolean,
): void {
  const [command, flags] = commandOf(columns.ops[index]);
  startRequest(writer, envelope, command, isLast ? NLM_F_ACK | flags : flags);
  writer.string(IPSET_ATTR_SETNAME, columns.set);
  writeEntry(writer, columns, index, commented, false);
  writer.end();
}

import type { SetName } from '../../words/names.js';
import { NLM_F_ACK, NLM_F_EXCL, type MessageWriter } from '../../netlink/index.js';
import type { Change } from '../backend.js';
import { storableComment } from '../storable-comment.js';
import {
  IPSET_ATTR_ADT,
  IPSET_ATTR_COMMENT,
  IPSET_ATTR_DATA,
  IPSET_ATTR_IP,
  IPSET_ATTR_LINENO,
  IPSET_ATTR_SETNAME,
  IPSET_ATTR_TIMEOUT,
  IPSET_CMD_ADD,
  IPSET_CMD_DEL,
} from './linux-ip-set.js';
import { startRequest, writeAddress, writePrefixLength, type Envelope } from './write-request.js';

/** The largest entry without a comment: an IPv6 prefix with a timeout. */
const MAX_ENTRY_LENGTH = 4 + (4 + 20) + 8 + 8 + 8;
/** A comment of 255 bytes, with its header and NUL. */
const MAX_COMMENT_LENGTH = 4 + 256;

/** The most that `writeEntry` takes of a message for a change. */
export function roomFor(change: Change): number {
  const commented = change.op === 'add' && change.comment !== undefined;
  return commented ? MAX_ENTRY_LENGTH + MAX_COMMENT_LENGTH : MAX_ENTRY_LENGTH;
}

/**
 * Starts a message that changes many entries of one set in one way.
 *
 * Adding leaves NLM_F_EXCL out, which is what `ipset -exist` does: what is there already is not an
 * error and gets the new timeout. Deleting sets it, since only then the kernel tells what was not
 * there.
 *
 * @returns what `endEntries` needs
 */
export function startEntries(
  writer: MessageWriter,
  envelope: Envelope,
  op: Change['op'],
  set: SetName,
): number {
  const [command, flags] =
    op === 'add' ? [IPSET_CMD_ADD, NLM_F_ACK] : [IPSET_CMD_DEL, NLM_F_ACK | NLM_F_EXCL];
  startRequest(writer, envelope, command, flags);
  writer.string(IPSET_ATTR_SETNAME, set);
  // Room for the number of the line that fails: the kernel writes it here and sends all back.
  writer.be32(IPSET_ATTR_LINENO, 1);
  return writer.openNest(IPSET_ATTR_ADT);
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
 * @param line counted from 1: the kernel does not report line 0
 * @param commented whether the set takes comments, as far as is known
 */
export function writeEntry(
  writer: MessageWriter,
  change: Change,
  line: number,
  commented: boolean,
): void {
  const data = writer.openNest(IPSET_ATTR_DATA);
  writeAddress(writer, IPSET_ATTR_IP, change.address);
  writePrefixLength(writer, change.address);
  if (change.op === 'add' && change.timeoutSeconds !== undefined) {
    writer.be32(IPSET_ATTR_TIMEOUT, change.timeoutSeconds);
  }
  if (commented && change.op === 'add' && change.comment !== undefined) {
    const comment = storableComment(change.comment);
    if (comment !== undefined) writer.data(IPSET_ATTR_COMMENT, Buffer.from(`${comment}\0`));
  }
  writer.be32(IPSET_ATTR_LINENO, line);
  writer.closeNest(data);
}

export function endEntries(writer: MessageWriter, nest: number): Uint8Array {
  writer.closeNest(nest);
  writer.end();
  return writer.bytes();
}

import type { Family } from '../../address/address.js';
import { NLM_F_CREATE, type MessageWriter } from '../../netlink/index.js';
import * as nft from '../nftables/linux-nf-tables.js';
import {
  after,
  bytesOf,
  lastPosition,
  type Interval,
  type Position,
} from '../nftables/position.js';
import type { Piece } from '../nftables/set-driver.js';
import type { TableAddress } from '../nftables/table-address.js';
import { startMessage } from './write-batch.js';

/** The longest element there is: 16 bytes of key, both times and a full comment. */
export const MAX_ELEMENT_LENGTH = 400;
/** Less than the 65535 that `nla_len` can say, by one element. */
export const MAX_LIST_LENGTH = 0xffff - MAX_ELEMENT_LENGTH;

/** A message with a list of elements that is still open. */
export interface OpenList {
  /** Where the message's header starts. */
  readonly start: number;
  readonly nest: number;
}

const COMMANDS = {
  add: nft.NFT_MSG_NEWSETELEM,
  del: nft.NFT_MSG_DELSETELEM,
  get: nft.NFT_MSG_GETSETELEM,
} as const;

export function startElements(
  writer: MessageWriter,
  table: TableAddress,
  op: keyof typeof COMMANDS,
  set: string,
  sequence: number,
): OpenList {
  const start = writer.length;
  startMessage(writer, table, COMMANDS[op], op === 'add' ? NLM_F_CREATE : 0, sequence);
  writer.string(nft.NFTA_SET_ELEM_LIST_TABLE, table.table);
  writer.string(nft.NFTA_SET_ELEM_LIST_SET, set);
  return { start, nest: writer.openNest(nft.NFTA_SET_ELEM_LIST_ELEMENTS) };
}

export function endElements(writer: MessageWriter, { nest }: OpenList): void {
  writer.closeNest(nest);
  writer.end();
}

/**
 * `10 00 01 80 0c 00 01 80 08 00 01 00 c0 00 02 07`, and in a set with timeouts `0c 00 04 00` and
 * `0c 00 05 00` with milliseconds.
 *
 * @param timeoutMs 0: for ever; undefined: to be deleted, or in a set without timeouts
 */
export function writeElement(
  writer: MessageWriter,
  key: Uint8Array,
  timeoutMs: number | undefined,
): void {
  const element = openElement(writer, key);
  writeTimeout(writer, timeoutMs);
  writer.closeNest(element);
}

/** An interval is two elements: where it starts, and where it has ended. */
export function writeInterval(
  writer: MessageWriter,
  family: Family,
  interval: Interval | Piece,
  timeoutMs: number | undefined,
): void {
  const open = interval.last === lastPosition(family);
  const start = openBoundary(writer, interval.first, family);
  writeTimeout(writer, timeoutMs);
  if ('endsAtMs' in interval) writeUserData(writer, interval.comment, open);
  writer.closeNest(start);
  if (open) return;
  const end = openBoundary(writer, after(interval.last), family);
  writer.rawBe32(nft.NFTA_SET_ELEM_FLAGS, nft.NFT_SET_ELEM_INTERVAL_END);
  writer.closeNest(end);
}

function openElement(writer: MessageWriter, key: Uint8Array): number {
  const element = writer.openNest(nft.NFTA_LIST_ELEM);
  const data = writer.openNest(nft.NFTA_SET_ELEM_KEY);
  writer.data(nft.NFTA_DATA_VALUE, key);
  writer.closeNest(data);
  return element;
}

function openBoundary(writer: MessageWriter, position: Position, family: Family): number {
  if (family === 'ipv6') return openElement(writer, bytesOf(position, family));
  const element = writer.openNest(nft.NFTA_LIST_ELEM);
  const data = writer.openNest(nft.NFTA_SET_ELEM_KEY);
  writer.rawBe32(nft.NFTA_DATA_VALUE, Number(position));
  writer.closeNest(data);
  return element;
}

/** With both, Linux 6.12 and later renew the end of an element that is there already. */
function writeTimeout(writer: MessageWriter, timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return;
  writer.be64Number(nft.NFTA_SET_ELEM_TIMEOUT, timeoutMs);
  if (timeoutMs > 0) writer.be64Number(nft.NFTA_SET_ELEM_EXPIRATION, timeoutMs);
}

/** Type, length, value, as libnftnl reads it: `00 08 "vallum\0"`, `01 04 01 00 00 00`. */
function writeUserData(writer: MessageWriter, comment: string | undefined, open: boolean): void {
  if (comment === undefined && !open) return;
  const text = comment === undefined ? [] : [...Buffer.from(comment, 'latin1'), 0];
  const userData =
    comment === undefined ? [] : [nft.NFTNL_UDATA_SET_ELEM_COMMENT, text.length, ...text];
  if (open && userData.length <= MAX_USER_DATA_BESIDE_FLAGS) {
    userData.push(nft.NFTNL_UDATA_SET_ELEM_FLAGS, 4, ...OPEN_FLAGS);
  }
  writer.data(nft.NFTA_SET_ELEM_USERDATA, Uint8Array.from(userData));
}

const MAX_USER_DATA_BESIDE_FLAGS = 250;
/** In the machine's byte order; all that Node runs on is little-endian, or s390x, where nft lists a range. */
const OPEN_FLAGS = [nft.SET_ELEM_F_INTERVAL_OPEN, 0, 0, 0];

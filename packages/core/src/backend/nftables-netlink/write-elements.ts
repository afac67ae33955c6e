import type { Family } from '../../address/address.js';
import {
  LITTLE_ENDIAN,
  NLA_F_NESTED,
  NLM_F_CREATE,
  NLM_F_EXCL,
  type MessageWriter,
} from '../../netlink/index.js';
import * as nft from '../nftables/linux-nf-tables.js';
import {
  after,
  bytesOf,
  lastPosition,
  type Interval,
  type Position,
} from '../../address/position.js';
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
  add: [nft.NFT_MSG_NEWSETELEM, NLM_F_CREATE],
  /** Refused where it is there. */
  new: [nft.NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL],
  del: [nft.NFT_MSG_DELSETELEM, 0],
  get: [nft.NFT_MSG_GETSETELEM, 0],
} as const;
export type ElementOp = keyof typeof COMMANDS;

export function startElements(
  writer: MessageWriter,
  table: TableAddress,
  op: ElementOp,
  set: string,
  sequence: number,
): OpenList {
  const start = writer.length;
  const [command, flags] = COMMANDS[op];
  startMessage(writer, table, command, flags, sequence);
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
 * `0c 00 05 00` with milliseconds. Word by word: there may be a million.
 *
 * @param words the address: so many from `offset` on
 * @param timeoutMs 0: for ever; undefined: to be deleted, or in a set without timeouts
 */
export function writeElement(
  writer: MessageWriter,
  words: Uint32Array,
  offset: number,
  perAddress: number,
  timeoutMs: number | undefined,
): void {
  const keyLength = 4 + 4 * perAddress;
  const times = timeoutMs === undefined ? 0 : timeoutMs === 0 ? 1 : 2;
  const length = 8 + keyLength + 12 * times;
  const { view } = writer;
  let at = writer.take(length);
  header(view, at, length, nft.NFTA_LIST_ELEM | NLA_F_NESTED);
  header(view, at + 4, 4 + keyLength, nft.NFTA_SET_ELEM_KEY | NLA_F_NESTED);
  header(view, at + 8, keyLength, nft.NFTA_DATA_VALUE);
  at += 12;
  for (let word = offset; word < offset + perAddress; word++) {
    view.setUint32(at, words[word] ?? 0);
    at += 4;
  }
  if (timeoutMs === undefined) return;
  const high = Math.floor(timeoutMs / 0x1_0000_0000);
  // With both, Linux 6.12 and later renew the end of an element that is there already.
  for (let time = 0; time < times; time++) {
    header(view, at, 12, time === 0 ? nft.NFTA_SET_ELEM_TIMEOUT : nft.NFTA_SET_ELEM_EXPIRATION);
    view.setUint32(at + 4, high);
    view.setUint32(at + 8, timeoutMs >>> 0);
    at += 12;
  }
}

function header(view: DataView, at: number, length: number, type: number): void {
  view.setUint16(at, length, LITTLE_ENDIAN);
  view.setUint16(at + 2, type, LITTLE_ENDIAN);
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

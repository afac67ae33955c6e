import { addressColumns } from '../../address/address-columns.js';
import type { Address } from '../../address/address.js';
import { NLM_F_ACK, NLM_F_DUMP, type MessageWriter } from '../../netlink/index.js';
import * as nft from '../nftables/linux-nf-tables.js';
import type { TableAddress } from '../nftables/table-address.js';
import { startMessage } from './write-batch.js';
import { endElements, startElements, writeElement } from './write-elements.js';

/** All of a kind is asked for. */
const LIST = NLM_F_ACK | NLM_F_DUMP;

/** Of which generation is the ruleset? */
export function writeGetGeneration(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
): Uint8Array {
  return writeQuery(writer, table, sequence, nft.NFT_MSG_GETGEN, 0, []);
}

/** What is a set? */
export function writeGetSet(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
  set: string,
): Uint8Array {
  return writeQuery(writer, table, sequence, nft.NFT_MSG_GETSET, 0, [
    [nft.NFTA_SET_TABLE, table.table],
    [nft.NFTA_SET_NAME, set],
  ]);
}

/** What does a set hold? */
export function writeGetElements(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
  set: string,
): Uint8Array {
  return writeQuery(writer, table, sequence, nft.NFT_MSG_GETSETELEM, LIST, [
    [nft.NFTA_SET_ELEM_LIST_TABLE, table.table],
    [nft.NFTA_SET_ELEM_LIST_SET, set],
  ]);
}

/** Which element of a set is an address in? Answered with the element, or refused with ENOENT. */
export function writeGetElement(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
  set: string,
  address: Address,
): Uint8Array {
  writer.reset();
  const list = startElements(writer, table, 'get', set, sequence);
  const { words } = addressColumns(address.family, [address]);
  writeElement(writer, words, 0, words.length, undefined);
  endElements(writer, list);
  return writer.bytes();
}

/** Which rules has a table? */
export function writeGetRules(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
): Uint8Array {
  return writeQuery(writer, table, sequence, nft.NFT_MSG_GETRULE, LIST, [
    [nft.NFTA_RULE_TABLE, table.table],
  ]);
}

/** @param strings attributes and their values, in order */
function writeQuery(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
  type: number,
  flags: number,
  strings: readonly (readonly [attribute: number, value: string])[],
): Uint8Array {
  writer.reset();
  startMessage(writer, table, type, flags, sequence);
  for (const [attribute, value] of strings) writer.string(attribute, value);
  writer.end();
  return writer.bytes();
}

import { addressColumns } from '../../address/address-columns.js';
import type { Address } from '../../address/address.js';
import { NLM_F_ACK, NLM_F_DUMP, type MessageWriter } from '../../netlink/index.js';
import * as nft from '../nftables/linux-nf-tables.js';
import type { TableAddress } from '../nftables/table-address.js';
import { startMessage } from './write-batch.js';
import { endElements, startElements, writeElement } from './write-elements.js';

/** Of which generation is the ruleset? */
export function writeGetGeneration(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
): Uint8Array {
  writer.reset();
  startMessage(writer, table, nft.NFT_MSG_GETGEN, 0, sequence);
  return finish(writer);
}

/** What is a set? */
export function writeGetSet(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
  set: string,
): Uint8Array {
  writer.reset();
  startMessage(writer, table, nft.NFT_MSG_GETSET, 0, sequence);
  writer.string(nft.NFTA_SET_TABLE, table.table);
  writer.string(nft.NFTA_SET_NAME, set);
  return finish(writer);
}

/** What does a set hold? */
export function writeGetElements(
  writer: MessageWriter,
  table: TableAddress,
  sequence: number,
  set: string,
): Uint8Array {
  writer.reset();
  startMessage(writer, table, nft.NFT_MSG_GETSETELEM, NLM_F_ACK | NLM_F_DUMP, sequence);
  writer.string(nft.NFTA_SET_ELEM_LIST_TABLE, table.table);
  writer.string(nft.NFTA_SET_ELEM_LIST_SET, set);
  return finish(writer);
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
  writer.reset();
  startMessage(writer, table, nft.NFT_MSG_GETRULE, NLM_F_ACK | NLM_F_DUMP, sequence);
  writer.string(nft.NFTA_RULE_TABLE, table.table);
  return finish(writer);
}

function finish(writer: MessageWriter): Uint8Array {
  writer.end();
  return writer.bytes();
}

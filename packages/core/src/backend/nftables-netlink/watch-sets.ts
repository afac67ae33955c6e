import {
  listenToEvents,
  NETLINK_NETFILTER,
  NetlinkError,
  NFGENMSG_LENGTH,
  NFNL_SUBSYS_NFTABLES,
  NFNLGRP_NFTABLES,
  readAttributes,
  readMessages,
  readString,
  type LibC,
  type Message,
} from '../../netlink/index.js';
import type { SetName } from '../../words/names.js';
import { mainSetName } from '../nftables/companion-name.js';
import * as nft from '../nftables/linux-nf-tables.js';
import type { TableAddress } from '../nftables/table-address.js';
import { familyNumber } from './write-batch.js';

/** Messages that name a set; NFTA_SET_… and NFTA_SET_ELEM_LIST_… have the same numbers for that. */
const ABOUT_SETS = new Set<number>([
  nft.NFT_MSG_NEWSET,
  nft.NFT_MSG_DELSET,
  nft.NFT_MSG_NEWSETELEM,
  nft.NFT_MSG_DELSETELEM,
]);
const ABOUT_TABLES = new Set<number>([nft.NFT_MSG_NEWTABLE, nft.NFT_MSG_DELTABLE]);

/** One transaction is told in many datagrams: they are gathered. */
const GATHER_MS = 50;
/** Where more is told than is heard, it is not listened to all of the time. */
const REOPEN_MS = 500;

/**
 * Tells which sets of a table others have changed: nf_tables tells every change that is committed,
 * with the port id of who made it.
 *
 * @param own the port id whose changes are not told
 * @param known sets that somebody is interested in
 * @returns what stops it
 * @throws NetlinkError where the socket cannot be opened the first time
 */
export function watchSets(
  libc: LibC,
  table: TableAddress,
  own: number,
  known: ReadonlySet<SetName>,
  changed: (set: SetName) => void,
): () => void {
  let touched = new Set<SetName>();
  let stopListening = (): void => undefined;
  let gathering: NodeJS.Timeout | undefined;
  let reopening: NodeJS.Timeout | undefined;

  const tell = (): void => {
    gathering = undefined;
    const told = touched;
    touched = new Set();
    for (const set of told) changed(set);
  };
  const touch = (sets: Iterable<SetName>): void => {
    for (const set of sets) if (known.has(set)) touched.add(set);
    if (touched.size > 0) gathering ??= setTimeout(tell, GATHER_MS).unref();
  };
  const heard = (datagram: Uint8Array): void => {
    try {
      for (const message of readMessages(datagram)) {
        const name = readChange(message, table);
        if (name === 'all') touch(known);
        else if (name !== undefined) touch([name, mainSetName(name)]);
      }
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      // What it says cannot be read.
      touch(known);
    }
  };
  const open = (): void => {
    const lost = (): void => {
      reopening = setTimeout(reopen, REOPEN_MS).unref();
    };
    const groups = [NFNLGRP_NFTABLES];
    stopListening = listenToEvents(libc, NETLINK_NETFILTER, groups, { heard, lost }, own);
  };
  const reopen = (): void => {
    try {
      open();
      // After it listens: what changes from now on is heard.
      touch(known);
    } catch {
      // No descriptor is left, or the like: until there is one, what others do is not known.
      touch(known);
      reopening = setTimeout(reopen, REOPEN_MS).unref();
    }
  };
  open();
  return () => {
    stopListening();
    clearTimeout(gathering);
    clearTimeout(reopening);
  };
}

/** @returns the set of nftables that was changed; undefined: none of this table */
function readChange({ type, payload }: Message, table: TableAddress): SetName | 'all' | undefined {
  const command = type & 0xff;
  if (type >> 8 !== NFNL_SUBSYS_NFTABLES || payload[0] !== familyNumber(table)) return undefined;
  const isTable = ABOUT_TABLES.has(command);
  if (!isTable && !ABOUT_SETS.has(command)) return undefined;
  const attributes = readAttributes(payload.subarray(NFGENMSG_LENGTH));
  const name = attributes.get(nft.NFTA_SET_TABLE);
  if (name === undefined || readString(name) !== table.table) return undefined;
  if (isTable) return 'all';
  const set = attributes.get(nft.NFTA_SET_NAME);
  return set === undefined ? undefined : (readString(set) as SetName);
}

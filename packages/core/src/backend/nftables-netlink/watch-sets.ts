import {
  NETLINK_NETFILTER,
  NetlinkListener,
  NetlinkSocket,
  NFGENMSG_LENGTH,
  NFNL_SUBSYS_NFTABLES,
  NFNLGRP_NFTABLES,
  readAttributes,
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

/**
 * Tells which sets of a table others have changed: nf_tables tells every change that is committed,
 * with the port id of who made it.
 *
 * @param own the port id whose changes are not told
 * @param known sets that somebody is interested in
 * @throws NetlinkError
 */
export function watchSets(
  libc: LibC,
  table: TableAddress,
  own: number,
  known: ReadonlySet<SetName>,
  changed: (set: SetName) => void,
): NetlinkListener {
  const socket = new NetlinkSocket(libc, NETLINK_NETFILTER);
  try {
    socket.leaveOut(own);
    socket.join(NFNLGRP_NFTABLES);
  } catch (error) {
    socket.close();
    throw error;
  }
  let touched = new Set<SetName>();
  const all = (): void => {
    for (const set of known) touched.add(set);
  };
  return new NetlinkListener(socket, {
    message(message) {
      const name = readChange(message, table);
      if (name === 'all') {
        all();
      } else if (name !== undefined) {
        for (const set of [name, mainSetName(name)]) if (known.has(set)) touched.add(set);
      }
    },
    lost: all,
    end() {
      const told = touched;
      touched = new Set();
      for (const set of told) changed(set);
    },
  });
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

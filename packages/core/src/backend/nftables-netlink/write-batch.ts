import {
  type MessageWriter,
  netfilterType,
  NFGENMSG_LENGTH,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NFPROTO_INET,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NLA_HDRLEN,
  NLM_F_REQUEST,
  NLMSG_HDRLEN,
} from '../../netlink/index.js';
import * as nft from '../nftables/linux-nf-tables.js';
import type { TableAddress, TableFamily } from '../nftables/table-address.js';

const FAMILY_NUMBERS: Readonly<Record<TableFamily, number>> = {
  inet: NFPROTO_INET,
  ip: NFPROTO_IPV4,
  ip6: NFPROTO_IPV6,
};

export function familyNumber({ family }: TableAddress): number {
  return FAMILY_NUMBERS[family];
}

/** Starts a message to nf_tables; `writer.end()` ends it. */
export function startMessage(
  writer: MessageWriter,
  table: TableAddress,
  command: number,
  flags: number,
  sequence: number,
): void {
  writer.startNetfilter({
    type: netfilterType(NFNL_SUBSYS_NFTABLES, command),
    flags: NLM_F_REQUEST | flags,
    sequence,
    family: familyNumber(table),
  });
}

/**
 * Starts a transaction. The kernel refuses all of it with ERESTART where its ruleset is not of the
 * generation named here any more: what was found out about the sets still holds, or nothing happens.
 */
export function beginBatch(writer: MessageWriter, sequence: number, generation: number): void {
  writer.reset();
  writer.startNetfilter({
    type: NFNL_MSG_BATCH_BEGIN,
    flags: NLM_F_REQUEST,
    sequence,
    resourceId: NFNL_SUBSYS_NFTABLES,
  });
  writer.rawBe32(nft.NFNL_BATCH_GENID, generation);
  writer.end();
}

/** Names another generation in a transaction that was begun with one. */
export function pinBatch(bytes: Uint8Array, generation: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(GENERATION_OFFSET, generation);
}

// Behind nlmsghdr, nfgenmsg and the attribute's header.
const GENERATION_OFFSET = NLMSG_HDRLEN + NFGENMSG_LENGTH + NLA_HDRLEN;

export function endBatch(writer: MessageWriter, sequence: number): Uint8Array {
  writer.startNetfilter({
    type: NFNL_MSG_BATCH_END,
    flags: NLM_F_REQUEST,
    sequence,
    resourceId: NFNL_SUBSYS_NFTABLES,
  });
  writer.end();
  return writer.bytes();
}

/** Bytes that `endBatch` needs. */
export const BATCH_END_LENGTH = 20;

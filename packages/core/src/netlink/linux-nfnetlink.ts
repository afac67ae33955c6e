import { NLMSG_MIN_TYPE } from './linux-netlink.js';

// Numbers of linux/netfilter/nfnetlink.h, under the names they have there.

/** sizeof(struct nfgenmsg): family, version, resource id. */
export const NFGENMSG_LENGTH = 4;
export const NFNETLINK_V0 = 0;

export const NFNL_SUBSYS_NONE = 0;
export const NFNL_SUBSYS_IPSET = 6;
export const NFNL_SUBSYS_NFTABLES = 10;

// enum nfnetlink_groups: what is told to whoever joins.
export const NFNLGRP_NFTABLES = 7;

// A transaction of nf_tables is a batch: begin, messages, end.
export const NFNL_MSG_BATCH_BEGIN = NLMSG_MIN_TYPE;
export const NFNL_MSG_BATCH_END = NLMSG_MIN_TYPE + 1;

// linux/netfilter.h
export const NFPROTO_UNSPEC = 0;
export const NFPROTO_INET = 1;
export const NFPROTO_IPV4 = 2;
export const NFPROTO_IPV6 = 10;

/** `nlmsg_type` of a netfilter message: the subsystem above, its own command below. */
export function netfilterType(subsystem: number, command: number): number {
  return (subsystem << 8) | command;
}

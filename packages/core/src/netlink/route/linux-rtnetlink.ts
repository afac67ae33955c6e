// Numbers of linux/rtnetlink.h, if_link.h, if_addr.h and nexthop.h, under the names they have there.

export const NETLINK_ROUTE = 0;

export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;

// struct nlmsghdr.nlmsg_type
export const RTM_GETLINK = 18;
export const RTM_GETADDR = 22;
export const RTM_GETROUTE = 26;
export const RTM_GETNEXTHOP = 106;

// What a request starts with, and the answers too.
/** sizeof(struct ifinfomsg): u8 family, u8 padding, u16 type, i32 index, u32 flags, u32 change. */
export const IFINFOMSG_LENGTH = 16;
/** sizeof(struct ifaddrmsg): u8 family, u8 prefix length, u8 flags, u8 scope, u32 index. */
export const IFADDRMSG_LENGTH = 8;
/** sizeof(struct rtmsg): u8 family, dst_len, src_len, tos, table, protocol, scope, type, u32 flags. */
export const RTMSG_LENGTH = 12;
/** sizeof(struct rtnexthop): u16 length, u8 flags, u8 hops, i32 index; attributes follow. */
export const RTNEXTHOP_LENGTH = 8;
/** sizeof(struct nhmsg): u8 family, u8 scope, u8 protocol, u8 reserved, u32 flags. */
export const NHMSG_LENGTH = 8;

export const IFLA_IFNAME = 3;

export const IFA_ADDRESS = 1;
export const IFA_LOCAL = 2;
export const IFA_BROADCAST = 4;

export const RTA_OIF = 4;
export const RTA_GATEWAY = 5;
export const RTA_MULTIPATH = 9;
export const RTA_TABLE = 15;
/** struct rtvia: u16 family in the machine's byte order, then the address. */
export const RTA_VIA = 18;

export const NHA_OIF = 5;
export const NHA_GATEWAY = 6;

export const RTN_UNICAST = 1;
export const RT_TABLE_LOCAL = 255;

// enum rtnetlink_groups
export const RTNLGRP_LINK = 1;
export const RTNLGRP_IPV4_IFADDR = 5;
export const RTNLGRP_IPV4_ROUTE = 7;
export const RTNLGRP_IPV6_IFADDR = 9;
export const RTNLGRP_IPV6_ROUTE = 11;
/** Since Linux 5.3. */
export const RTNLGRP_NEXTHOP = 32;

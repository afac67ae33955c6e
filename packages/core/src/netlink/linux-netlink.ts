// Numbers of linux/netlink.h, under the names they have there.

export const NETLINK_NETFILTER = 12;

// struct nlmsghdr.nlmsg_flags
export const NLM_F_REQUEST = 0x01;
export const NLM_F_MULTI = 0x02;
export const NLM_F_ACK = 0x04;
export const NLM_F_DUMP_INTR = 0x10;

// … modifiers of a GET request
export const NLM_F_ROOT = 0x100;
export const NLM_F_MATCH = 0x200;
export const NLM_F_DUMP = NLM_F_ROOT | NLM_F_MATCH;

// … modifiers of a NEW request
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

// … flags of an acknowledgement
/** The acknowledged request is cut down to its header. */
export const NLM_F_CAPPED = 0x100;
/** Attributes of `enum nlmsgerr_attrs` follow. */
export const NLM_F_ACK_TLVS = 0x200;

// struct nlmsghdr.nlmsg_type, below NLMSG_MIN_TYPE
export const NLMSG_NOOP = 0x1;
export const NLMSG_ERROR = 0x2;
export const NLMSG_DONE = 0x3;
export const NLMSG_OVERRUN = 0x4;
export const NLMSG_MIN_TYPE = 0x10;

/** sizeof(struct nlmsghdr): length, type, flags, sequence, port id. */
export const NLMSG_HDRLEN = 16;
/** sizeof(struct nlattr): length, type. */
export const NLA_HDRLEN = 4;
/** Messages and attributes both start at multiples of this. */
export const NLMSG_ALIGNTO = 4;

// struct nlattr.nla_type
export const NLA_F_NESTED = 1 << 15;
export const NLA_F_NET_BYTEORDER = 1 << 14;
export const NLA_TYPE_MASK = 0x3fff;
/** `nla_len` has 16 bits and counts its own header. */
export const NLA_MAX_LENGTH = 0xffff;

// setsockopt(SOL_NETLINK, …)
export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;

// enum nlmsgerr_attrs
export const NLMSGERR_ATTR_MSG = 1;
export const NLMSGERR_ATTR_OFFS = 2;

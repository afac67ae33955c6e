// Numbers of linux/netfilter/ipset/ip_set.h, under the names they have there.

export const IPSET_PROTOCOL = 7;
export const IPSET_PROTOCOL_MIN = 6;

// enum ipset_cmd
export const IPSET_CMD_PROTOCOL = 1;
export const IPSET_CMD_CREATE = 2;
export const IPSET_CMD_LIST = 7;
export const IPSET_CMD_ADD = 9;
export const IPSET_CMD_DEL = 10;
export const IPSET_CMD_TEST = 11;
export const IPSET_CMD_HEADER = 12;
export const IPSET_CMD_TYPE = 13;

// Attributes at command level
export const IPSET_ATTR_PROTOCOL = 1;
export const IPSET_ATTR_SETNAME = 2;
export const IPSET_ATTR_TYPENAME = 3;
export const IPSET_ATTR_REVISION = 4;
export const IPSET_ATTR_FAMILY = 5;
export const IPSET_ATTR_FLAGS = 6;
export const IPSET_ATTR_DATA = 7;
/** Holds many IPSET_ATTR_DATA. */
export const IPSET_ATTR_ADT = 8;
/** At command level and in each entry: the kernel copies it from the failing entry to the command. */
export const IPSET_ATTR_LINENO = 9;
export const IPSET_ATTR_PROTOCOL_MIN = 10;
export const IPSET_ATTR_REVISION_MIN = IPSET_ATTR_PROTOCOL_MIN;

// Attributes inside of IPSET_ATTR_DATA
export const IPSET_ATTR_IP = 1;
export const IPSET_ATTR_IP_TO = 2;
export const IPSET_ATTR_CIDR = 3;
export const IPSET_ATTR_TIMEOUT = 6;
export const IPSET_ATTR_CADT_FLAGS = 8;

// … of a set as a whole
export const IPSET_ATTR_INITVAL = 17;
export const IPSET_ATTR_MAXELEM = 19;
export const IPSET_ATTR_NETMASK = 20;
export const IPSET_ATTR_ELEMENTS = 24;
export const IPSET_ATTR_REFERENCES = 25;
// … of an entry
export const IPSET_ATTR_COMMENT = 26;

// Attributes inside of IPSET_ATTR_IP
export const IPSET_ATTR_IPADDR_IPV4 = 1;
export const IPSET_ATTR_IPADDR_IPV6 = 2;

// enum ipset_cmd_flags, enum ipset_cadt_flags
export const IPSET_FLAG_LIST_HEADER = 1 << 2;
export const IPSET_FLAG_NOMATCH = 1 << 2;
export const IPSET_FLAG_WITH_COMMENT = 1 << 4;
export const IPSET_FLAG_WITH_FORCEADD = 1 << 5;

// enum ipset_errno
export const IPSET_ERR_PROTOCOL = 4097;
export const IPSET_ERR_FIND_TYPE = 4098;
export const IPSET_ERR_MAX_SETS = 4099;
export const IPSET_ERR_BUSY = 4100;
export const IPSET_ERR_EXIST = 4103;
export const IPSET_ERR_INVALID_CIDR = 4104;
export const IPSET_ERR_INVALID_FAMILY = 4106;
export const IPSET_ERR_TIMEOUT = 4107;
export const IPSET_ERR_IPADDR_IPV4 = 4109;
export const IPSET_ERR_IPADDR_IPV6 = 4110;
export const IPSET_ERR_COMMENT = 4112;
const IPSET_ERR_TYPE_SPECIFIC = 4352;

// linux/netfilter/ipset/ip_set_hash.h
export const IPSET_ERR_HASH_FULL = IPSET_ERR_TYPE_SPECIFIC;
export const IPSET_ERR_HASH_ELEM = IPSET_ERR_TYPE_SPECIFIC + 1;

// linux/netfilter/ipset/ip_set_bitmap.h: the same numbers mean something else there
export const IPSET_ERR_BITMAP_RANGE = IPSET_ERR_TYPE_SPECIFIC;
export const IPSET_ERR_BITMAP_RANGE_SIZE = IPSET_ERR_TYPE_SPECIFIC + 1;

// Numbers of sys/socket.h, asm-generic/socket.h and poll.h; the same on amd64 and arm64.

export const AF_UNIX = 1;
export const AF_NETLINK = 16;
export const SOCK_STREAM = 1;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
/** For dup3; the same number as SOCK_CLOEXEC on purpose. */
export const O_CLOEXEC = SOCK_CLOEXEC;

export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
/** As SO_SNDBUF, but beyond net.core.wmem_max; needs CAP_NET_ADMIN. */
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_ATTACH_FILTER = 26;
/** sizeof(struct sock_filter) of linux/filter.h: u16 code, u8 jt, u8 jf, u32 k. */
export const SOCK_FILTER_LENGTH = 8;
export const SOL_NETLINK = 270;

/** recv: answer with the true length, also where the buffer was too short for it. */
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

export const POLLIN = 0x1;

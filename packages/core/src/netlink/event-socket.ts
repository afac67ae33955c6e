import { Socket } from 'node:net';
import { LITTLE_ENDIAN, viewOf } from './byte-order.js';
import { callFailed } from './error.js';
import type { LibC } from './libc.js';
import { exceptFrom } from './port-filter.js';
import {
  AF_NETLINK,
  AF_UNIX,
  O_CLOEXEC,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
} from './linux-socket.js';

const UNWATCHED = SOCK_CLOEXEC | SOCK_NONBLOCK;

export interface EventListener {
  /** A datagram came. What it holds is a hint: whoever acts on it asks the kernel. */
  readonly heard: (datagram: Uint8Array) => void;
  /** The kernel had to drop events (ENOBUFS), or the socket failed. It is closed. */
  readonly lost: (error: Error) => void;
}

/**
 * Listens to what the kernel tells multicast groups, and costs nothing while it tells nothing: the
 * event loop itself watches the socket. Asking every 200 ms took 1 ms of a processor each second,
 * and a poll on another thread takes one of Node's four and keeps the process from ending.
 *
 * Node opens no netlink sockets, but reads any descriptor that it holds for a stream. So it is given
 * one end of a socket pair, and in the same turn, before it looks at that end, the descriptor becomes
 * a name of the netlink socket (dup3). libuv adds a descriptor to epoll only when the loop goes round,
 * and reads it with read(2), which gives one datagram each.
 *
 * Does not keep the process alive.
 *
 * @param groups numbers of multicast groups, 1 to 32; the kernel passes over those it does not know
 * @param leaveOut a port id whose doings are not told: the kernel drops them, so that a socket's own
 *   changes, told back, do not overrun the buffer
 * @returns what stops it; nothing is called afterwards
 * @throws NetlinkError where a system call fails
 */
export function listenToEvents(
  libc: LibC,
  protocol: number,
  groups: readonly number[],
  listener: EventListener,
  leaveOut?: number,
): () => void {
  const netlink = libc.socket(AF_NETLINK, SOCK_RAW | UNWATCHED, protocol);
  if (netlink < 0) throw callFailed('netlink socket', libc.errno());
  const open = [netlink];
  try {
    // Before it is bound: nothing gets in without it.
    if (leaveOut !== undefined && libc.attachFilter(netlink, exceptFrom(leaveOut)) < 0) {
      throw callFailed('netlink filter', libc.errno());
    }
    // struct sockaddr_nl: u16 family, u16 padding, u32 port id, u32 groups
    const address = new Uint8Array(12);
    const view = viewOf(address);
    view.setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
    view.setUint32(8, maskOf(groups), LITTLE_ENDIAN);
    if (libc.bind(netlink, address) < 0) throw callFailed('netlink bind', libc.errno());

    const ends = new Int32Array(2);
    if (libc.socketpair(AF_UNIX, SOCK_STREAM | UNWATCHED, ends) < 0) {
      throw callFailed('socketpair', libc.errno());
    }
    const [read = -1, other = -1] = ends;
    open.push(other);
    // It owns its descriptor from here on.
    const stream = new Socket({ fd: read, readable: true, writable: false });
    if (libc.duplicate(netlink, read, O_CLOEXEC) < 0) {
      const error = callFailed('dup3', libc.errno());
      stream.destroy();
      throw error;
    }
    return listen(stream, listener);
  } finally {
    for (const fd of open) libc.close(fd);
  }
}

function listen(stream: Socket, { heard, lost }: EventListener): () => void {
  let stopped = false;
  const end = (error: Error): void => {
    if (stopped) return;
    stopped = true;
    stream.destroy();
    lost(error);
  };
  stream.on('data', (datagram: Uint8Array) => {
    if (!stopped) heard(datagram);
  });
  stream.on('error', end);
  stream.on('close', () => {
    end(new Error('the netlink socket was closed'));
  });
  stream.unref();
  return () => {
    stopped = true;
    stream.destroy();
  };
}

function maskOf(groups: readonly number[]): number {
  return groups.reduce((mask, group) => (mask | (1 << (group - 1))) >>> 0, 0);
}

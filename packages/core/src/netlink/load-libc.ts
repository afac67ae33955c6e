import { VallumError } from '../words/errors.js';
import { viewOf, LITTLE_ENDIAN } from './byte-order.js';
import type { LibC } from './libc.js';
import { SO_ATTACH_FILTER, SOCK_FILTER_LENGTH, SOL_SOCKET } from './linux-socket.js';

/**
 * Binds libc through koffi. koffi loads only here and only now: 10 to 20 ms that a publisher never
 * pays, and a machine without its native part can fall back to a process-driven backend.
 *
 * @throws VallumError `BACKEND_UNAVAILABLE` where koffi or libc is not to be had
 */
export async function loadLibC(): Promise<LibC> {
  try {
    const { default: koffi } = await import('koffi');
    // null is the running program: node has its libc in it already, whether glibc or musl.
    const libc = koffi.load(null);
    // koffi knows no ssize_t; long has its size on every Linux.
    const socket = libc.func('int socket(int domain, int type, int protocol)');
    const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
    const getsockname = libc.func('int getsockname(int fd, void *address, void *length)');
    const setsockopt = libc.func(
      'int setsockopt(int fd, int level, int option, const void *value, uint32_t length)',
    );
    // struct sock_fprog of linux/filter.h: how many instructions, and where they are.
    const program = koffi.struct({ length: 'uint16_t', filter: 'void *' });
    const attach = libc.func('setsockopt', 'int', [
      'int',
      'int',
      'int',
      koffi.pointer(program),
      'uint32_t',
    ]);
    const send = libc.func('long send(int fd, const void *bytes, size_t length, int flags)');
    const recvfrom = libc.func(
      'long recvfrom(int fd, void *buffer, size_t length, int flags, void *sender, void *size)',
    );
    const poll = libc.func('int poll(void *fds, unsigned long count, int timeout)');
    const socketpair = libc.func('int socketpair(int domain, int type, int protocol, void *ends)');
    const dup3 = libc.func('int dup3(int from, int to, int flags)');
    const close = libc.func('int close(int fd)');

    // socklen_t that the kernel reads and writes; one for all calls, since none overlaps another.
    const length = new Uint8Array(4);
    const lengthView = viewOf(length);
    const setLength = (value: number): Uint8Array => {
      lengthView.setUint32(0, value, LITTLE_ENDIAN);
      return length;
    };
    return {
      socket: (domain, type, protocol) => Number(socket(domain, type, protocol)),
      bind: (fd, address) => Number(bind(fd, address, address.length)),
      getsockname: (fd, address) => Number(getsockname(fd, address, setLength(address.length))),
      setsockopt: (fd, level, option, value) => {
        const int = new Uint8Array(4);
        viewOf(int).setInt32(0, value, LITTLE_ENDIAN);
        return Number(setsockopt(fd, level, option, int, int.length));
      },
      attachFilter: (fd, filter) => {
        const value = { length: filter.length / SOCK_FILTER_LENGTH, filter };
        return Number(attach(fd, SOL_SOCKET, SO_ATTACH_FILTER, value, koffi.sizeof(program)));
      },
      send: (fd, bytes, flags) => Number(send(fd, bytes, bytes.length, flags)),
      sendOnThread: (fd, bytes, flags) =>
        lend([bytes], (done) => {
          send.async(fd, bytes, bytes.length, flags, done);
        }),
      recvfrom: (fd, buffer, flags, sender) =>
        Number(recvfrom(fd, buffer, buffer.length, flags, sender, setLength(sender.length))),
      recvfromOnThread: (fd, buffer, flags, sender) => {
        // Its own length: calls on other threads overlap.
        const size = new Uint8Array(4);
        viewOf(size).setUint32(0, sender.length, LITTLE_ENDIAN);
        return lend([buffer, sender, size], (done) => {
          recvfrom.async(fd, buffer, buffer.length, flags, sender, size, done);
        });
      },
      poll: (fd, events, timeoutMs) => {
        // struct pollfd: int fd, short events, short revents
        const pollfd = new Uint8Array(8);
        viewOf(pollfd).setInt32(0, fd, LITTLE_ENDIAN);
        viewOf(pollfd).setInt16(4, events, LITTLE_ENDIAN);
        return Number(poll(pollfd, 1, timeoutMs));
      },
      socketpair: (domain, type, ends) => Number(socketpair(domain, type, 0, ends)),
      duplicate: (from, to, flags) => Number(dup3(from, to, flags)),
      close: (fd) => Number(close(fd)),
      errno: () => koffi.errno(),
    };
  } catch (cause) {
    throw new VallumError(
      'netlink is not available: the npm package koffi and its native part cannot be loaded here',
      { code: 'BACKEND_UNAVAILABLE', operation: 'load koffi', cause },
    );
  }
}

/** What calls on other threads read and write. */
const lent = new Set<readonly Uint8Array[]>();

/**
 * Makes a call on another thread. koffi holds on to none of its buffers: what nobody else does, the
 * garbage collector frees under the hands of the kernel, which then writes into whatever is there next.
 */
function lend(
  buffers: readonly Uint8Array[],
  call: (done: (error: unknown, result: unknown) => void) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    lent.add(buffers);
    call((error, result) => {
      lent.delete(buffers);
      if (error instanceof Error) reject(error);
      else resolve(Number(result));
    });
  });
}

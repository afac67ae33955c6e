import { VallumError } from '@vallum/core';

/** Sends datagrams to a unix socket, which node:dgram cannot. */
export interface DatagramSender {
  /** @throws VallumError `BACKEND_UNAVAILABLE` where nobody takes it; the next one may be taken */
  send(text: string): void;
}

export interface DatagramOptions {
  /** Loses a datagram rather than wait for a receiver that is slow. Default false. */
  readonly neverWait?: boolean;
}

// linux/socket.h, asm-generic/socket.h, asm-generic/fcntl.h; errno(3)
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2_000_000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EINTR = 4;

/**
 * Opens a sender to a socket; whether somebody listens there shows at the first datagram. koffi is
 * loaded here, and so only where it is wanted.
 *
 * @param path of the file, or `@name` for a socket in the abstract namespace (unix(7))
 * @throws VallumError `BACKEND_UNAVAILABLE` where koffi or the system gives no such socket
 */
export async function openDatagramSender(
  path: string,
  { neverWait = false }: DatagramOptions = {},
): Promise<DatagramSender> {
  const address = socketAddress(path);
  const libc = await loadLibC();
  const socket = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) throw failed('socket', path, libc.errno());
  const flags = MSG_NOSIGNAL | (neverWait ? MSG_DONTWAIT : 0);
  return {
    send(text) {
      const bytes = Buffer.from(text, 'utf8');
      for (;;) {
        // Not connected: a receiver that was started again is found by the next datagram.
        if (libc.sendto(socket, bytes, bytes.length, flags, address, address.length) >= 0) return;
        const errno = libc.errno();
        if (errno !== EINTR) throw failed('sendto', path, errno);
      }
    },
  };
}

/**
 * `struct sockaddr_un` (linux/un.h): the family as 16 bits, then the path.
 *
 *     01 00  2f 72 75 6e 2f 78  00      /run/x
 *     01 00  00 61 62                   @ab
 */
export function socketAddress(path: string): Uint8Array {
  const name = Buffer.from(path, 'utf8');
  const abstract = path.startsWith('@');
  const length = name.length + (abstract ? 0 : 1);
  if (path === '' || path.includes('\0') || length > 108) {
    throw new VallumError(`${JSON.stringify(path)} is no path of a socket: 1 to 107 bytes`, {
      code: 'INVALID_ARGUMENT',
      operation: 'open socket',
    });
  }
  const address = new Uint8Array(2 + length);
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(name, 2);
  // An abstract name begins with NUL, and ends where the address does.
  if (abstract) address[2] = 0;
  return address;
}

async function loadLibC() {
  try {
    const { default: koffi } = await import('koffi');
    // null is the running program: node has its libc in it already, whether glibc or musl.
    const libc = koffi.load(null);
    const socket = libc.func('int socket(int domain, int type, int protocol)');
    // koffi knows no ssize_t; long has its size on every Linux.
    const sendto = libc.func(
      'long sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t size)',
    );
    return {
      socket: (...args: readonly number[]) => Number(socket(...args)),
      sendto: (...args: readonly (number | Uint8Array)[]) => Number(sendto(...args)),
      errno: () => koffi.errno(),
    };
  } catch (cause) {
    throw new VallumError(
      'unix sockets are not available: the npm package koffi or its native part is missing here',
      { code: 'BACKEND_UNAVAILABLE', operation: 'load koffi', cause },
    );
  }
}

function failed(call: string, path: string, errno: number): VallumError {
  return new VallumError(`${call} to ${path} failed with error ${errno.toString()} (errno(3))`, {
    code: 'BACKEND_UNAVAILABLE',
    operation: call,
  });
}

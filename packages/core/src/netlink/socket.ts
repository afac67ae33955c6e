import { LITTLE_ENDIAN, viewOf } from './byte-order.js';
import { EAGAIN, EINTR, EMSGSIZE, ENOBUFS } from './errno.js';
import { AnswerLostError, callFailed, NetlinkError } from './error.js';
import type { LibC } from './libc.js';
import { NETLINK_CAP_ACK, NETLINK_EXT_ACK } from './linux-netlink.js';
import {
  AF_NETLINK,
  MSG_DONTWAIT,
  MSG_TRUNC,
  POLLIN,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_NETLINK,
  SOL_SOCKET,
} from './linux-socket.js';

// struct sockaddr_nl of linux/netlink.h: u16 family, u16 padding, u32 port id, u32 groups.
const SOCKADDR_NL_LENGTH = 12;
const PORT_ID_OFFSET = 4;
const KERNEL_PORT_ID = 0;

// The kernel makes dump datagrams of at most 32 KiB (netlink_recvmsg in net/netlink/af_netlink.c), and each
// list of a set has a socket of its own.
const RECEIVE_LENGTH = 40 * 1024;
/** What a refusal holds beside the request that it sends back. */
const REFUSAL_LENGTH = 4 * 1024;
const SOCKET_BUFFER_LENGTH = 1024 * 1024;
/** What a socket has by itself (net.core.wmem_default is 212,992), and some less. */
const LIKELY_SEND_BUFFER_LENGTH = 128 * 1024;
const MAX_SOCKET_BUFFER_LENGTH = 64 * 1024 * 1024;

/**
 * Sends and receives datagrams of one AF_NETLINK socket, and knows nothing of what is in them.
 *
 * Every call is synchronous and returns at once: the kernel does what a request asks for inside of
 * `send`, and its answer lies in the queue when `send` returns.
 */
export class NetlinkSocket {
  /** What the kernel calls this socket; its answers carry it. */
  readonly portId: number;
  readonly #libc: LibC;
  readonly #fd: number;
  readonly #sender = new Uint8Array(SOCKADDR_NL_LENGTH);
  readonly #senderView = viewOf(this.#sender);
  #buffer = new Uint8Array(RECEIVE_LENGTH);
  #socketBufferLength = SOCKET_BUFFER_LENGTH;
  #sendBufferLength = LIKELY_SEND_BUFFER_LENGTH;
  #open = true;

  /**
   * @param protocol such as NETLINK_NETFILTER
   * @throws NetlinkError where the kernel has no such protocol, or no descriptors are left
   */
  constructor(libc: LibC, protocol: number) {
    this.#libc = libc;
    this.#fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (this.#fd < 0) throw callFailed('netlink socket', libc.errno());
    try {
      this.portId = this.#bind();
    } catch (error) {
      this.close();
      throw error;
    }
    // Both only make answers better, and old kernels have neither.
    libc.setsockopt(this.#fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
    libc.setsockopt(this.#fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
    this.#growSocketBuffer(SO_RCVBUFFORCE, SO_RCVBUF);
  }

  /** @throws NetlinkError */
  send(bytes: Uint8Array): void {
    this.#makeRoomForRefusal(bytes.length);
    let grown = false;
    for (;;) {
      // No address: a netlink socket that is not connected sends to the kernel.
      if (this.#libc.send(this.#descriptor(), bytes, 0) >= 0) return;
      const errno = this.#libc.errno();
      if (errno === EINTR) continue;
      // A message has to fit into the send buffer as a whole (netlink_sendmsg).
      if (errno === EMSGSIZE && !grown) {
        grown = true;
        this.#growSendBuffer(bytes.length);
        continue;
      }
      throw callFailed('netlink send', errno);
    }
  }

  /**
   * Sends what the kernel may work on for long, such as an entry that makes it rebuild a large hash:
   * 200 ms were seen. Costs some 20 µs more than `send`; nothing else may use the socket meanwhile.
   */
  async sendOnThread(bytes: Uint8Array): Promise<void> {
    this.#makeRoomForRefusal(bytes.length);
    if (bytes.length > this.#sendBufferLength) this.#growSendBuffer(bytes.length);
    const sent = await this.#libc.sendOnThread(this.#descriptor(), bytes, 0);
    // Why it failed is known to the other thread only.
    if (sent < 0) this.send(bytes);
  }

  /**
   * Takes the next datagram out of the queue.
   *
   * @returns a view that the next call makes invalid; undefined where nothing waits
   * @throws AnswerLostError where the kernel had to drop answers, or one was longer than the
   *   buffer. The queue is empty then and both buffers have grown: ask again
   * @throws NetlinkError
   */
  receive(): Uint8Array | undefined {
    for (;;) {
      const fd = this.#descriptor();
      const length = this.#libc.recvfrom(fd, this.#buffer, MSG_DONTWAIT | MSG_TRUNC, this.#sender);
      if (length < 0) {
        const errno = this.#libc.errno();
        if (errno === EINTR) continue;
        if (errno === EAGAIN) return undefined;
        if (errno === ENOBUFS) this.#lost('the receive buffer overran', ENOBUFS);
        throw callFailed('netlink receive', errno);
      }
      const datagram = this.#check(length);
      if (datagram !== undefined) return datagram;
    }
  }

  /**
   * As `receive`, where the kernel may work for long to make what is received, such as the next part
   * of a dump. Nothing else may use the socket meanwhile.
   */
  async receiveOnThread(): Promise<Uint8Array | undefined> {
    const fd = this.#descriptor();
    const flags = MSG_DONTWAIT | MSG_TRUNC;
    const length = await this.#libc.recvfromOnThread(fd, this.#buffer, flags, this.#sender);
    // Why it failed is known to the other thread only.
    return length < 0 ? this.receive() : (this.#check(length) ?? this.receive());
  }

  /** Blocks the event loop until something can be received, or for so long. */
  wait(timeoutMs: number): void {
    this.#libc.poll(this.#descriptor(), POLLIN, timeoutMs);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.#fd);
  }

  /** @returns undefined where it is not the kernel's: other processes may send to this port id too */
  #check(length: number): Uint8Array | undefined {
    if (this.#senderView.getUint32(PORT_ID_OFFSET, LITTLE_ENDIAN) !== KERNEL_PORT_ID) {
      return undefined;
    }
    if (length > this.#buffer.length) {
      this.#buffer = new Uint8Array(2 * length);
      this.#lost(`an answer of ${length} bytes was cut off`, 0);
    }
    return this.#buffer.subarray(0, length);
  }

  #descriptor(): number {
    // A closed descriptor's number may already be somebody else's.
    if (this.#open) return this.#fd;
    throw new NetlinkError('the netlink socket is closed', 'use netlink socket', 0, 'CLOSED');
  }

  #bind(): number {
    const address = new Uint8Array(SOCKADDR_NL_LENGTH);
    const view = viewOf(address);
    // Port id 0: the kernel picks one that is free.
    view.setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
    if (this.#libc.bind(this.#fd, address) < 0) {
      throw callFailed('netlink bind', this.#libc.errno());
    }
    if (this.#libc.getsockname(this.#fd, address) < 0) {
      throw callFailed('netlink getsockname', this.#libc.errno());
    }
    return view.getUint32(PORT_ID_OFFSET, LITTLE_ENDIAN);
  }

  #lost(problem: string, errno: number): never {
    this.#socketBufferLength = Math.min(2 * this.#socketBufferLength, MAX_SOCKET_BUFFER_LENGTH);
    this.#growSocketBuffer(SO_RCVBUFFORCE, SO_RCVBUF);
    this.#drain();
    throw new AnswerLostError(
      `answers of the kernel were lost: ${problem}`,
      'netlink receive',
      errno,
    );
  }

  #drain(): void {
    for (;;) {
      const length = this.#libc.recvfrom(this.#fd, this.#buffer, MSG_DONTWAIT, this.#sender);
      if (length < 0 && ![EINTR, ENOBUFS].includes(this.#libc.errno())) return;
    }
  }

  /** A refusal may send the whole request back. */
  #makeRoomForRefusal(requestLength: number): void {
    const length = requestLength + REFUSAL_LENGTH;
    if (length > this.#buffer.length) this.#buffer = new Uint8Array(2 * length);
  }

  #growSendBuffer(length: number): void {
    this.#sendBufferLength = Math.max(SOCKET_BUFFER_LENGTH, 2 * length);
    this.#growSocketBuffer(SO_SNDBUFFORCE, SO_SNDBUF, this.#sendBufferLength);
  }

  #growSocketBuffer(force: number, modest: number, length = this.#socketBufferLength): void {
    if (this.#libc.setsockopt(this.#fd, SOL_SOCKET, force, length) < 0) {
      this.#libc.setsockopt(this.#fd, SOL_SOCKET, modest, length);
    }
  }
}

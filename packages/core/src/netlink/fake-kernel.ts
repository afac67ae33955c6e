import { viewOf, LITTLE_ENDIAN } from './byte-order.js';
import { EAGAIN, EMSGSIZE } from './errno.js';
import type { LibC } from './libc.js';
import { NLM_F_CAPPED, NLMSG_ERROR, NLMSG_HDRLEN } from './linux-netlink.js';
import { SO_RCVBUFFORCE, SO_SNDBUF, SO_SNDBUFFORCE } from './linux-socket.js';
import { readMessages, type Message } from './message.js';

export const FAKE_PORT_ID = 4711;

/** One step of a receive queue: a datagram, or the errno that receiving fails with. */
export type Received =
  Uint8Array | { readonly errno: number } | { readonly from: number; readonly bytes: Uint8Array };

/** What the fake kernel does with one message: queue answers, with `answer` or by itself. */
export type Handler = (message: Message, kernel: FakeKernel) => void;

/** A LibC with queues and descriptors as the kernel keeps them, for tests. */
export class FakeKernel implements LibC {
  readonly queue: Received[] = [];
  readonly sent: Uint8Array[] = [];
  /** Descriptors that are open. */
  readonly open = new Set<number>();
  /** errnos that the next calls of a function fail with. */
  readonly failures: { readonly call: keyof LibC; readonly errno: number }[] = [];
  readonly options: (readonly [option: number, value: number])[] = [];
  readonly filters: Uint8Array[] = [];
  sendBufferLength = 200_000;
  #handler: Handler;
  #errno = 0;
  #nextFd = 3;

  constructor(handler: Handler = () => undefined) {
    this.#handler = handler;
  }

  handle(handler: Handler): void {
    this.#handler = handler;
  }

  socket(): number {
    if (this.#fails('socket')) return -1;
    this.open.add(this.#nextFd);
    return this.#nextFd++;
  }

  bind(): number {
    return this.#fails('bind') ? -1 : 0;
  }

  getsockname(_fd: number, address: Uint8Array): number {
    if (this.#fails('getsockname')) return -1;
    viewOf(address).setUint32(4, FAKE_PORT_ID, LITTLE_ENDIAN);
    return 0;
  }

  setsockopt(_fd: number, _level: number, option: number, value: number): number {
    if (this.#fails('setsockopt')) return -1;
    this.options.push([option, value]);
    if (option === SO_SNDBUF || option === SO_SNDBUFFORCE) this.sendBufferLength = value;
    return 0;
  }

  send(_fd: number, bytes: Uint8Array): number {
    if (this.#fails('send')) return -1;
    if (bytes.length > this.sendBufferLength) return this.#fail(EMSGSIZE);
    const copy = bytes.slice();
    this.sent.push(copy);
    for (const message of readMessages(copy)) this.#handler(message, this);
    return bytes.length;
  }

  sendOnThread(fd: number, bytes: Uint8Array): Promise<number> {
    return Promise.resolve(this.#fails('sendOnThread') ? -1 : this.send(fd, bytes));
  }

  recvfrom(_fd: number, buffer: Uint8Array, _flags: number, sender: Uint8Array): number {
    if (this.#fails('recvfrom')) return -1;
    const next = this.queue.shift();
    if (next === undefined) return this.#fail(EAGAIN);
    if ('errno' in next) return this.#fail(next.errno);
    const { from, bytes } = next instanceof Uint8Array ? { from: 0, bytes: next } : next;
    viewOf(sender).setUint32(4, from, LITTLE_ENDIAN);
    buffer.set(bytes.subarray(0, buffer.length));
    return bytes.length;
  }

  attachFilter(_fd: number, program: Uint8Array): number {
    if (this.#fails('attachFilter')) return -1;
    this.filters.push(program.slice());
    return 0;
  }

  recvfromOnThread(
    fd: number,
    buffer: Uint8Array,
    flags: number,
    sender: Uint8Array,
  ): Promise<number> {
    return Promise.resolve(this.recvfrom(fd, buffer, flags, sender));
  }

  poll(): number {
    return 0;
  }

  socketpair(_domain: number, _type: number, ends: Int32Array): number {
    if (this.#fails('socketpair')) return -1;
    ends[0] = this.socket();
    ends[1] = this.socket();
    return 0;
  }

  duplicate(): number {
    return this.#fails('duplicate') ? -1 : 0;
  }

  close(fd: number): number {
    // Answers that nobody fetched go with the socket; all sockets share this fake's one queue.
    this.queue.length = 0;
    return this.open.delete(fd) ? 0 : -1;
  }

  errno(): number {
    return this.#errno;
  }

  /** Queues one message to the fake's only port. */
  answer(to: Message, type: number, flags: number, payload: Uint8Array): void {
    this.queue.push(fakeMessage({ type, flags, sequence: to.sequence, payload }));
  }

  /** Queues an NLMSG_ERROR: 0 acknowledges. With an `echo` it sends the request back. */
  acknowledge(to: Message, errno: number, echo?: Uint8Array): void {
    const payload = new Uint8Array(4 + NLMSG_HDRLEN + (echo?.length ?? 0));
    viewOf(payload).setInt32(0, -errno, LITTLE_ENDIAN);
    viewOf(payload).setUint32(4, NLMSG_HDRLEN + (echo?.length ?? 0), LITTLE_ENDIAN);
    if (echo !== undefined) payload.set(echo, 4 + NLMSG_HDRLEN);
    this.answer(to, NLMSG_ERROR, echo === undefined ? NLM_F_CAPPED : 0, payload);
  }

  receiveBufferLength(): number | undefined {
    return this.options.filter(([option]) => option === SO_RCVBUFFORCE).at(-1)?.[1];
  }

  #fails(call: keyof LibC): boolean {
    const index = this.failures.findIndex((failure) => failure.call === call);
    if (index < 0) return false;
    this.#errno = this.failures[index]?.errno ?? 0;
    this.failures.splice(index, 1);
    return true;
  }

  #fail(errno: number): -1 {
    this.#errno = errno;
    return -1;
  }
}

export function fakeMessage({
  type,
  flags = 0,
  sequence,
  portId = FAKE_PORT_ID,
  payload = new Uint8Array(0),
}: Partial<Message> & Pick<Message, 'type' | 'sequence'>): Uint8Array {
  const bytes = new Uint8Array(NLMSG_HDRLEN + payload.length);
  const view = viewOf(bytes);
  view.setUint32(0, bytes.length, LITTLE_ENDIAN);
  view.setUint16(4, type, LITTLE_ENDIAN);
  view.setUint16(6, flags, LITTLE_ENDIAN);
  view.setUint32(8, sequence, LITTLE_ENDIAN);
  view.setUint32(12, portId, LITTLE_ENDIAN);
  bytes.set(payload, NLMSG_HDRLEN);
  return bytes;
}

/**
 * The system calls that netlink needs, each as in its manual page of section 2: -1 and `errno()`
 * for failure. A port, so that everything above can be tested without a kernel.
 */
export interface LibC {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array): number;
  /** Fills in `address`. */
  getsockname(fd: number, address: Uint8Array): number;
  /** For options that are an int. */
  setsockopt(fd: number, level: number, option: number, value: number): number;
  /** setsockopt(SOL_SOCKET, SO_ATTACH_FILTER) with `struct sock_filter`s one behind the other. */
  attachFilter(fd: number, program: Uint8Array): number;
  send(fd: number, bytes: Uint8Array, flags: number): number;
  /**
   * `send` on another thread, so that the event loop goes on while the kernel works. Does not tell
   * `errno()`. `bytes` have to stay as they are until it resolves.
   */
  sendOnThread(fd: number, bytes: Uint8Array, flags: number): Promise<number>;
  /** Fills `buffer`, and `sender` with the address it came from. */
  recvfrom(fd: number, buffer: Uint8Array, flags: number, sender: Uint8Array): number;
  /** `recvfrom` on another thread, as `sendOnThread`. */
  recvfromOnThread(
    fd: number,
    buffer: Uint8Array,
    flags: number,
    sender: Uint8Array,
  ): Promise<number>;
  /** Waits until the descriptor is ready for `events`. Blocks the event loop. */
  poll(fd: number, events: number, timeoutMs: number): number;
  /** Fills in both ends. */
  socketpair(domain: number, type: number, ends: Int32Array): number;
  /** `dup3`: `to` becomes another name of what `from` names. */
  duplicate(from: number, to: number, flags: number): number;
  close(fd: number): number;
  /** Of the call before. */
  errno(): number;
}

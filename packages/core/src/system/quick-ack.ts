import type { Duplex } from 'node:stream';

/** linux/in.h, linux/tcp.h */
const IPPROTO_TCP = 6;
const TCP_QUICKACK = 12;

type AcknowledgeNow = (descriptor: number) => void;

let loading: Promise<AcknowledgeNow | undefined> | undefined;

/**
 * Has the kernel acknowledge at once what was read from a socket, where nothing is to be answered that
 * would carry the acknowledgement along. Otherwise it waits 40 ms for such an answer, and for as long a
 * sender without TCP_NODELAY, as Mosquitto is by default, keeps the next small packet to itself. Does
 * nothing where koffi cannot be loaded, or the socket shows no descriptor.
 */
export async function acknowledgeReceipt(socket: Duplex): Promise<void> {
  loading ??= bind().catch(() => undefined);
  const acknowledgeNow = await loading;
  const descriptor = descriptorOf(socket);
  if (descriptor !== undefined) acknowledgeNow?.(descriptor);
}

async function bind(): Promise<AcknowledgeNow> {
  const { default: koffi } = await import('koffi');
  const setsockopt = koffi
    .load(null)
    .func('int setsockopt(int fd, int level, int name, const int *value, unsigned int length)');
  const on = Int32Array.of(1);
  return (descriptor) => {
    setsockopt(descriptor, IPPROTO_TCP, TCP_QUICKACK, on, on.byteLength);
  };
}

/** Node tells nobody a socket's descriptor; its handle has it, also that of TLS, until it is closed. */
function descriptorOf(socket: Duplex): number | undefined {
  if (socket.destroyed) return undefined;
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: unknown } | null };
  const descriptor = handle?.fd;
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : undefined;
}

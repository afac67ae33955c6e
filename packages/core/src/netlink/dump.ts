import type { Acknowledgement } from './acknowledgement.js';
import type { NetlinkConnection } from './connection.js';
import { AnswerLostError, NetlinkError } from './error.js';
import type { Message } from './message.js';
import { TimeSlice } from '../system/time-slice.js';

export type Dump<Item> =
  | { readonly ok: true; readonly items: Item[] }
  | { readonly ok: false; readonly refusal: Acknowledgement };

const MAX_ATTEMPTS = 10;
/** From then on the kernel makes parts on another thread. */
const SLOW_PART_MS = 1;

/**
 * Lists something that may be long, while the event loop goes on.
 *
 * A dump gets a connection of its own: its parts arrive over many turns of the event loop, other
 * requests must not wait for it, and closing the socket is what makes the kernel give up one that
 * was left half-way.
 *
 * Begins again where answers were lost, or where the kernel says that what it lists has changed
 * under its hands (NLM_F_DUMP_INTR).
 *
 * @param write the request with NLM_F_REQUEST, NLM_F_ACK and NLM_F_DUMP set, numbered as told
 * @param read takes what it wants out of one message; the message is not valid afterwards
 * @throws NetlinkError as `NetlinkConnection`, and where no attempt got through
 */
export async function dump<Item>(
  connect: () => NetlinkConnection,
  write: (sequence: number) => Uint8Array,
  read: (message: Message, add: (item: Item) => void) => void,
): Promise<Dump<Item>> {
  let items: Item[] = [];
  const end = await dumpEach(connect, write, () => {
    items = [];
    return (message) => {
      read(message, (item) => items.push(item));
    };
  });
  return end.errno === 0 ? { ok: true, items } : { ok: false, refusal: end };
}

/**
 * As `dump`, for who keeps items his own way.
 *
 * @param begin called for each attempt: what the one before has read counts no more. What it returns
 *   reads one message
 * @param turn sends the request; default: at once
 * @returns the kernel's verdict
 */
export async function dumpEach(
  connect: () => NetlinkConnection,
  write: (sequence: number) => Uint8Array,
  begin: () => (message: Message) => void,
  turn: (send: () => Promise<void>) => Promise<void> = (send) => send(),
): Promise<Acknowledgement> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const end = await dumpOnce(connect(), write, begin(), turn);
    if (end !== 'again') return end;
  }
  throw new NetlinkError(
    `the kernel's list changed during each of ${MAX_ATTEMPTS} attempts to read it`,
    'netlink dump',
  );
}

async function dumpOnce(
  connection: NetlinkConnection,
  write: (sequence: number) => Uint8Array,
  read: (message: Message) => void,
  turn: (send: () => Promise<void>) => Promise<void>,
): Promise<Acknowledgement | 'again'> {
  const slice = new TimeSlice();
  try {
    const sequence = connection.nextSequence();
    await turn(() => {
      connection.send(write(sequence));
      return Promise.resolve();
    });
    let isSlow = false;
    for (;;) {
      const started = performance.now();
      // nf_tables walks a hash set from its start for each part: 10 ms and more where it is large.
      const { messages, interrupted, end } = isSlow
        ? await connection.receivePartOnThread(sequence)
        : connection.receivePart(sequence);
      isSlow ||= performance.now() - started > SLOW_PART_MS;
      if (interrupted) return 'again';
      for (const message of messages) read(message);
      if (end !== undefined) return end;
      if (slice.isOver) await slice.breathe();
    }
  } catch (error) {
    if (error instanceof AnswerLostError) return 'again';
    throw error;
  } finally {
    connection.close();
  }
}

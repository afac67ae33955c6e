/** Entries a second with which a gentle start begins, and by how many each that has gone raises it. */
const FIRST_RATE = 3_000;
const RAISE_PER_ENTRY = 5;

/** The clock and the sleep of a pace. */
export interface PaceTime {
  /** Milliseconds of a clock that nobody sets. */
  readonly nowMs: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

export interface PaceOptions {
  /** 0: as fast as they are taken. */
  readonly entriesPerSecond: number;
  /** Whether it is to begin slowly, in half a second to the full rate. */
  readonly isGentle: boolean;
}

const systemTime: PaceTime = {
  nowMs: () => performance.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/**
 * Lets messages through at so many entries a second, so that a long list neither overflows the
 * queue that a broker keeps for a node (Mosquitto drops what comes on top of 1,000 messages, and tells
 * nobody) nor makes the single bans of others wait behind it. Two messages go at once whenever nothing
 * was to be sent for a while.
 */
export async function* pace<Message extends { readonly entries: number }>(
  messages: AsyncIterable<Message>,
  { entriesPerSecond, isGentle }: PaceOptions,
  { nowMs, sleep }: PaceTime = systemTime,
): AsyncGenerator<Message, void> {
  if (entriesPerSecond === 0) {
    yield* messages;
    return;
  }
  let sent = 0;
  /** When the last message and the one before it would be through at this rate. */
  let dueMs = -Infinity;
  let dueBeforeMs = -Infinity;
  for await (const message of messages) {
    const tooSoonMs = dueBeforeMs - nowMs();
    if (tooSoonMs > 0) await sleep(tooSoonMs);
    const gentleRate = isGentle ? FIRST_RATE + RAISE_PER_ENTRY * sent : Infinity;
    const rate = Math.min(entriesPerSecond, gentleRate);
    dueBeforeMs = dueMs;
    dueMs = Math.max(dueMs, nowMs()) + (1_000 * message.entries) / rate;
    sent += message.entries;
    yield message;
  }
}

import { LIMITS } from './limits.js';
import type { GuardedStream } from './guarded-stream.js';

/** Everybody who is connected: those who have logged in, and those who have not yet. */
export class Connections {
  readonly #waiting = new Set<GuardedStream>();
  readonly #accepted = new Set<GuardedStream>();

  get isFull(): boolean {
    return this.#accepted.size >= LIMITS.accepted;
  }

  /** Who knocks last is heard: a stranger who holds all places open keeps nobody out. */
  add(stream: GuardedStream): void {
    const [oldest] = this.#waiting;
    if (this.#waiting.size >= LIMITS.waiting) {
      oldest?.refuse('was ended before it had logged in, since too many others came');
    }
    this.#waiting.add(stream);
    stream.once('close', () => {
      this.#waiting.delete(stream);
      this.#accepted.delete(stream);
    });
  }

  accept(stream: GuardedStream): void {
    if (this.#waiting.delete(stream)) this.#accepted.add(stream);
  }

  /** Ends connections whose clients do not read; called every second. */
  check(nowMs: number): void {
    let unread = 0;
    for (const stream of this.#accepted) {
      stream.checkReading(nowMs);
      unread += stream.destroyed ? 0 : stream.writableLength;
    }
    if (unread <= LIMITS.unreadBytesInAll) return;
    const byLength = [...this.#accepted].sort((a, b) => b.writableLength - a.writableLength);
    for (const stream of byLength) {
      if (unread <= LIMITS.unreadBytesInAll) return;
      unread -= stream.writableLength;
      stream.refuse('does not read what it is sent, and others do not either');
    }
  }
}

import type { LogEntry } from '../log.js';

/** Something that happened: what the log tells, for those who watch. */
export interface FeedEvent extends LogEntry {
  /** Rising by one; a gap tells a watcher that it was too slow. */
  readonly id: number;
  /** ISO 8601. */
  readonly time: string;
}

/** Remembered for those who come later. */
const MOST_KEPT = 500;

/** Hands on what the log is told to whoever watches, and remembers the last of it. */
export class EventFeed {
  readonly #kept: FeedEvent[] = [];
  readonly #listeners = new Set<(event: FeedEvent) => void>();
  #lastId = 0;

  constructor(private readonly nowMs: () => number = Date.now) {}

  add(entry: LogEntry): void {
    if (entry.level === 'debug') return;
    this.#lastId += 1;
    const event = { ...entry, id: this.#lastId, time: new Date(this.nowMs()).toISOString() };
    this.#kept.push(event);
    // By the half, since each shift would move all of them.
    if (this.#kept.length > 2 * MOST_KEPT) this.#kept.splice(0, this.#kept.length - MOST_KEPT);
    for (const listener of this.#listeners) listener(event);
  }

  /** The last few, the oldest first. */
  recent(count: number, isWanted: (event: FeedEvent) => boolean = () => true): FeedEvent[] {
    const found: FeedEvent[] = [];
    for (let at = this.#kept.length - 1; at >= 0 && found.length < count; at--) {
      const event = this.#kept[at];
      if (event !== undefined && isWanted(event)) found.push(event);
    }
    return found.reverse();
  }

  /** @returns what ends it */
  listen(listener: (event: FeedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

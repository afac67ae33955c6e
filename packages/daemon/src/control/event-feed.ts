import type { LogEntry } from '../log.js';

/** Something that happened: what the log tells, for those who watch. */
export interface FeedEvent extends LogEntry {
  /** Rising by one; a gap tells a watcher that it was too slow. */
  readonly id: number;
  /** ISO 8601. */
  readonly time: string;
}

/** As it is kept: nothing is made of it until somebody looks, since bans come by the thousand. */
interface Kept {
  readonly id: number;
  readonly timeMs: number;
  readonly entry: LogEntry;
}

/** Remembered for those who come later. */
const MOST_KEPT = 500;

/** Hands on what the log is told to whoever watches, and remembers the last of it. */
export class EventFeed {
  readonly #kept: Kept[] = [];
  readonly #listeners = new Set<(event: FeedEvent) => void>();
  #lastId = 0;

  constructor(private readonly nowMs: () => number = Date.now) {}

  add(entry: LogEntry): void {
    if (entry.level === 'debug') return;
    this.#lastId += 1;
    const kept = { entry, id: this.#lastId, timeMs: this.nowMs() };
    this.#kept.push(kept);
    // By the half, since each shift would move all of them.
    if (this.#kept.length > 2 * MOST_KEPT) this.#kept.splice(0, this.#kept.length - MOST_KEPT);
    if (this.#listeners.size === 0) return;
    const event = toEvent(kept);
    for (const listener of this.#listeners) listener(event);
  }

  get lastId(): number {
    return this.#lastId;
  }

  /** The last few, the oldest first. */
  recent(count: number, isWanted: (entry: LogEntry) => boolean = () => true): FeedEvent[] {
    const found: FeedEvent[] = [];
    for (let at = this.#kept.length - 1; at >= 0 && found.length < count; at--) {
      const kept = this.#kept[at];
      if (kept !== undefined && isWanted(kept.entry)) found.push(toEvent(kept));
    }
    return found.reverse();
  }

  /** What came behind the event of a number, as far as it is remembered. */
  since(id: number): FeedEvent[] {
    return this.#kept.filter((kept) => kept.id > id).map(toEvent);
  }

  /** @returns what ends it */
  listen(listener: (event: FeedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function toEvent({ id, timeMs, entry }: Kept): FeedEvent {
  const { level, event, message, fields } = entry;
  const time = new Date(timeMs).toISOString();
  return { id, time, level, event, message, ...(fields === undefined ? {} : { fields }) };
}

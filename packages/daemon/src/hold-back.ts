import type { LogEntry } from './log.js';

export interface HoldBackOptions {
  readonly write: (entry: LogEntry) => void;
  readonly nowMs: () => number;
  /** How long the like of what was said is only counted. */
  readonly windowMs: number;
}

interface Topic {
  said: number;
  held: number;
  endsAtMs: number;
  last: LogEntry;
}

/**
 * Keeps one fault from filling the disk: of entries with the same key some are written, the rest is
 * counted, and the count is written when the window is over.
 */
export class HoldBack {
  readonly #options: HoldBackOptions;
  readonly #topics = new Map<string, Topic>();

  constructor(options: HoldBackOptions) {
    this.#options = options;
  }

  /** @param burst how many of this key are written in a window */
  write(key: string, burst: number, entry: LogEntry): void {
    const now = this.#options.nowMs();
    let topic = this.#topics.get(key);
    if (topic && now >= topic.endsAtMs) {
      this.forget(key);
      topic = undefined;
    }
    topic ??= { said: 0, held: 0, endsAtMs: now + this.#options.windowMs, last: entry };
    this.#topics.set(key, topic);
    topic.last = entry;
    if (topic.said < burst) {
      topic.said += 1;
      this.#options.write(entry);
    } else {
      topic.held += 1;
    }
  }

  /** Says what was counted; called now and then, and at the end. */
  flush(everything = false): void {
    const now = this.#options.nowMs();
    for (const [key, topic] of this.#topics) {
      if (everything || now >= topic.endsAtMs) this.forget(key);
    }
  }

  /** The matter is over: the next of this key is news again. */
  forget(key: string): void {
    const topic = this.#topics.get(key);
    this.#topics.delete(key);
    if (!topic || topic.held === 0) return;
    const { level, event, message } = topic.last;
    this.#options.write({
      level,
      event: `${event}-repeated`,
      message: `${topic.held.toString()} more like this were not logged, the last: ${message}`,
      fields: { count: topic.held },
    });
  }
}

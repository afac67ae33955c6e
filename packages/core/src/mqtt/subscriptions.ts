import { filterMatches, likelyFilters } from './topic-filter.js';

/** What a connection can do about subscriptions. Callbacks come only while it stands. */
export interface SubscriptionLink {
  /** Calls back with one reason code a filter: 0 to 2 granted, 0x80 and above refused. */
  subscribe(filters: readonly string[], done: (codes: readonly number[]) => void): void;
  unsubscribe(filters: readonly string[], done: () => void): void;
}

export type Outcome = 'granted' | { readonly refused: number };

/** AWS IoT Core takes no more in one SUBSCRIBE; others do not care. */
const MOST_IN_ONE_PACKET = 8;
const MOST_STRAYS = 100;

/** The wanted topic filters, and what the present connection has been told of them. */
export class Subscriptions {
  readonly #report: (filter: string, outcome: Outcome) => void;
  #wanted: ReadonlySet<string> | undefined;
  /** Not wanted any more, but perhaps still in the broker's session. */
  readonly #retired = new Set<string>();
  readonly #asked = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #strays = new Set<string>();
  #link: SubscriptionLink | undefined;
  #lastWanted: string | undefined;

  constructor(report: (filter: string, outcome: Outcome) => void) {
    this.#report = report;
  }

  /** Replaces the wanted filters, now and for every connection to come. */
  want(filters: readonly string[]): void {
    const wanted = new Set(filters);
    for (const filter of this.#wanted ?? []) if (!wanted.has(filter)) this.#retired.add(filter);
    for (const filter of wanted) this.#retired.delete(filter);
    this.#wanted = wanted;
    this.#lastWanted = undefined;
    this.#synchronise();
  }

  /** Subscribes anew even where the session still holds it: that brings the retained messages. */
  connected(link: SubscriptionLink): void {
    this.#link = link;
    this.#asked.clear();
    this.#refused.clear();
    this.#synchronise();
  }

  disconnected(): void {
    this.#link = undefined;
  }

  /** Asks again for what the broker refused: its access rules may have been mended. */
  retryRefused(): void {
    for (const filter of this.#refused) this.#asked.delete(filter);
    this.#refused.clear();
    this.#synchronise();
  }

  get anyRefused(): boolean {
    return this.#refused.size > 0;
  }

  /** Before the first `want` nobody can say what is wanted, so everything is. */
  isWanted(topic: string): boolean {
    if (this.#wanted === undefined) return true;
    // Messages come by the thousand on the same topic.
    if (topic === this.#lastWanted) return true;
    for (const filter of this.#wanted) {
      if (!filterMatches(filter, topic)) continue;
      this.#lastWanted = topic;
      return true;
    }
    return false;
  }

  /**
   * A persistent session may hold filters of an earlier configuration. Unsubscribes from those
   * that can have brought this topic.
   *
   * @returns true where the topic is new: worth a warning
   */
  stray(topic: string): boolean {
    if (this.#strays.has(topic) || this.#strays.size >= MOST_STRAYS) return false;
    this.#strays.add(topic);
    const filters = likelyFilters(topic).filter((filter) => this.#wanted?.has(filter) !== true);
    for (const part of parts(filters)) this.#link?.unsubscribe(part, () => undefined);
    return true;
  }

  #synchronise(): void {
    const link = this.#link;
    if (link === undefined) return;
    for (const filter of this.#retired) {
      this.#asked.delete(filter);
      this.#refused.delete(filter);
    }
    for (const part of parts([...this.#retired])) {
      link.unsubscribe(part, () => {
        for (const filter of part)
          if (this.#wanted?.has(filter) !== true) this.#retired.delete(filter);
      });
    }
    const missing = [...(this.#wanted ?? [])].filter((filter) => !this.#asked.has(filter));
    for (const filter of missing) this.#asked.add(filter);
    for (const part of parts(missing)) {
      link.subscribe(part, (codes) => {
        part.forEach((filter, index) => {
          this.#answered(filter, codes[index] ?? 0x80);
        });
      });
    }
  }

  #answered(filter: string, code: number): void {
    if (this.#wanted?.has(filter) !== true) return;
    if (code < 0x80) {
      this.#report(filter, 'granted');
    } else {
      this.#refused.add(filter);
      this.#report(filter, { refused: code });
    }
  }
}

function parts(filters: readonly string[]): string[][] {
  const result: string[][] = [];
  for (let start = 0; start < filters.length; start += MOST_IN_ONE_PACKET) {
    result.push(filters.slice(start, start + MOST_IN_ONE_PACKET));
  }
  return result;
}

import type { Clock } from '../system/clock.js';
import type { Subscription } from '../transport/transport.js';
import { filterMatches, likelyFilters } from '../transport/topic-filter.js';
import { reasonText } from './reason-text.js';

/** How filters of one SUBSCRIBE are meant. */
export type SubscriptionManner = Required<Omit<Subscription, 'filter'>>;

/** What a connection can do about subscriptions. Callbacks come only while it stands. */
export interface SubscriptionLink {
  /** Calls back with one reason code a filter: 0 to 2 granted, 0x80 and above refused. */
  subscribe(
    filters: readonly string[],
    manner: SubscriptionManner,
    done: (codes: readonly number[]) => void,
  ): void;
  unsubscribe(filters: readonly string[], done: () => void): void;
}

export interface SubscriptionsOptions {
  readonly report: (filter: string, outcome: 'granted' | { readonly refused: string }) => void;
  readonly clock: Pick<Clock, 'after'>;
  /** True where messages came in the last while, behind which an answer may still stand. */
  readonly isBusy: () => boolean;
}

/** AWS IoT Core takes no more in one SUBSCRIBE; others do not care. */
const MOST_IN_ONE_PACKET = 8;
const MOST_STRAYS = 100;

/** Brokers answer at once; one that has not by then has dropped the question, or a proxy has. */
const ANSWER_WITHIN_MS = 15_000;

/** The wanted topic filters, and what the present connection has been told of them. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  #wanted: ReadonlyMap<string, SubscriptionManner> | undefined;
  /** Not wanted any more, but perhaps still in the broker's session. */
  readonly #retired = new Set<string>();
  readonly #asked = new Set<string>();
  /** Asked for and not answered. */
  readonly #open = new Set<string>();
  /** Refused, or not answered in time: to be asked for again. */
  readonly #refused = new Set<string>();
  readonly #strays = new Set<string>();
  #link: SubscriptionLink | undefined;
  #lastWanted: string | undefined;
  #cancelDeadline: (() => void) | undefined;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Replaces the wanted filters, now and for every connection to come. */
  want(subscriptions: readonly (string | Subscription)[]): void {
    const wanted = new Map(
      subscriptions.map((one) => {
        const { filter, ...manner } = typeof one === 'string' ? { filter: one } : one;
        return [filter, { ...DEFAULTS, ...manner }] as const;
      }),
    );
    for (const [filter, before] of this.#wanted ?? []) {
      const now = wanted.get(filter);
      if (now === undefined) this.#retired.add(filter);
      // The same filter in another way: a new SUBSCRIBE takes the old one's place.
      else if (!isSame(before, now)) this.#asked.delete(filter);
    }
    for (const filter of wanted.keys()) this.#retired.delete(filter);
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
    this.#open.clear();
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
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
    for (const filter of this.#wanted.keys()) {
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
    const missing = [...(this.#wanted ?? [])].filter(([filter]) => !this.#asked.has(filter));
    for (const [filter] of missing) {
      this.#asked.add(filter);
      this.#open.add(filter);
    }
    for (const { manner, filters } of alike(missing)) {
      for (const part of parts(filters)) {
        link.subscribe(part, manner, (codes) => {
          part.forEach((filter, index) => {
            this.#answered(filter, codes[index] ?? 0x80);
          });
        });
      }
    }
    if (missing.length > 0) this.#expectAnswers();
  }

  #answered(filter: string, code: number): void {
    this.#open.delete(filter);
    if (this.#wanted?.has(filter) !== true) return;
    if (code < 0x80) {
      this.#refused.delete(filter);
      this.#options.report(filter, 'granted');
    } else {
      this.#refused.add(filter);
      this.#options.report(filter, { refused: reasonText(code) });
    }
  }

  #expectAnswers(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = this.#options.clock.after(ANSWER_WITHIN_MS, () => {
      this.#cancelDeadline = undefined;
      if (this.#open.size === 0) return;
      if (this.#options.isBusy()) {
        this.#expectAnswers();
        return;
      }
      const refused = `the broker did not answer within ${ANSWER_WITHIN_MS / 1000} s`;
      for (const filter of [...this.#open]) {
        this.#open.delete(filter);
        if (this.#wanted?.has(filter) !== true) continue;
        this.#refused.add(filter);
        this.#options.report(filter, { refused });
      }
    });
  }
}

const DEFAULTS = { qos: 1, noLocal: false, retainHandling: 0 } as const;

function isSame(one: SubscriptionManner, other: SubscriptionManner): boolean {
  return (
    one.qos === other.qos &&
    one.noLocal === other.noLocal &&
    one.retainHandling === other.retainHandling
  );
}

/** Puts together what is meant in the same way, in the order in which it was given. */
function alike(all: readonly (readonly [string, SubscriptionManner])[]) {
  const groups: { readonly manner: SubscriptionManner; readonly filters: string[] }[] = [];
  for (const [filter, manner] of all) {
    const group = groups.find((one) => isSame(one.manner, manner));
    if (group === undefined) groups.push({ manner, filters: [filter] });
    else group.filters.push(filter);
  }
  return groups;
}

function parts(filters: readonly string[]): string[][] {
  const result: string[][] = [];
  for (let start = 0; start < filters.length; start += MOST_IN_ONE_PACKET) {
    result.push(filters.slice(start, start + MOST_IN_ONE_PACKET));
  }
  return result;
}

import {
  createCommonPolicy,
  type Address,
  type CommonPolicy,
  type Failure,
  type OutgoingMessage,
} from '@vallum/core';
import type { EntryReader } from '@vallum/core/protocol';
import { CompletedTerms } from './completed-terms.js';
import type { PublishRequest } from './request.js';
import { SeenEntries } from './seen-entries.js';
import { soonEnough } from './soon-enough.js';

/** A message and whose entries it carries, so that its confirmation can be told to people. */
export interface PlannedMessage extends OutgoingMessage {
  readonly payload: Uint8Array;
  /** How many. */
  readonly entries: number;
  /** Where the first and the last of them were written: `list.txt:17`. */
  readonly from: string;
  readonly to: string;
}

export interface BadEntry {
  readonly place: string;
  /** Escaped and cut. */
  readonly input: string;
  /** What is wrong with it, safe to print. */
  readonly detail: string;
}

export interface PlanEvents {
  bad(entry: BadEntry): void;
  duplicate(): void;
}

/**
 * Brokers count the messages that they keep for a node, so long lists go in large ones; the smallest
 * limit of a broker for one is 128 KiB (AWS IoT Core), its topic included.
 */
const MAX_PAYLOAD_BYTES = 120 * 1024;
/**
 * Most entries of a message: single bans wait for the few milliseconds in which a node takes them. A
 * million fits into the 1,000 messages that Mosquitto keeps for a node.
 */
const MOST_ENTRIES = 1_024;
/** Of a gentle start, and by how much each entry raises that. */
const FIRST_ENTRIES = 64;
const RAISE_PER_ENTRY = 1 / 8;

const LINE_FEED = 0x0a;

/**
 * Puts entries into few messages. One bare address makes exactly the message of
 * `mosquitto_pub -t blacklist/add -m 192.0.2.7`: no line feed, not retained.
 */
export class MessagePlan {
  readonly #request: PublishRequest;
  readonly #events: PlanEvents;
  readonly #terms: CompletedTerms;
  readonly #seen = new SeenEntries();
  /** undefined: nobody refuses to unban. */
  readonly #policy: CommonPolicy | undefined;
  #buffer = Buffer.alloc(0);
  #length = 0;
  #entries = 0;
  #mostEntries: number;
  #fromName = '';
  #fromLine = 0;
  #toName = '';
  #toLine = 0;
  #full: PlannedMessage[] = [];
  /** Entries in all that were taken up. */
  planned = 0;

  /**
   * @param nowMs when the entries are asked for, Unix milliseconds
   * @param isGentle whether the first messages are to be small: a node that had little to do until
   *   then takes its first thousand entries ten times as long as later ones
   */
  constructor(request: PublishRequest, nowMs: number, events: PlanEvents, isGentle = false) {
    this.#mostEntries = isGentle ? FIRST_ENTRIES : MOST_ENTRIES;
    this.#request = request;
    this.#events = events;
    this.#terms = new CompletedTerms(request, nowMs);
    if (request.action === 'ban') this.#policy = createCommonPolicy(request);
  }

  /** What is added from now on is asked for at another moment. */
  set nowMs(nowMs: number) {
    this.#terms.nowMs = nowMs;
  }

  /**
   * @param name and `line` where it was written; without a line the name says it all
   * @param bytes where the entry was read from, at `start`
   */
  add(entry: EntryReader, name: string, line = 0, bytes?: Uint8Array, start = 0): void {
    const fault =
      this.#terms.complete(entry) ?? this.#policy?.(entry, () => entry.toEntry().address);
    if (fault !== undefined) {
      const { address } = entry.toEntry();
      const detail = explained(fault, address, this.#request.isProtection);
      this.#events.bad({ place: shown(name, line), input: address.text, detail });
      return;
    }
    if (!this.#seen.add(entry, this.#terms)) {
      this.#events.duplicate();
      return;
    }
    const copied = bytes === undefined ? 0 : entry.canonicalLength;
    if (bytes !== undefined && copied > 0) this.#write(bytes, start, copied);
    else {
      const text = Buffer.from(entry.toEntry().address.text);
      this.#write(text, 0, text.length);
    }
    if (this.#entries === 0) {
      this.#fromName = name;
      this.#fromLine = line;
    }
    this.#toName = name;
    this.#toLine = line;
    this.#entries++;
    this.planned++;
  }

  /** The messages that are full; with `rest` also the last one. */
  take(rest = false): PlannedMessage[] {
    if (rest) this.#close();
    const full = this.#full;
    this.#full = [];
    return full;
  }

  #write(address: Uint8Array, start: number, length: number): void {
    const terms = this.#terms;
    const needed = length + terms.length + 1;
    // The last line of a payload has no line feed.
    if (this.#entries >= this.#mostEntries || this.#length + needed - 1 > MAX_PAYLOAD_BYTES)
      this.#close();
    if (this.#length + needed > this.#buffer.length) this.#grow(needed);
    let at = this.#length;
    for (let index = 0; index < length; index++) this.#buffer[at++] = address[start + index] ?? 0;
    // A loop costs less than the object that set() would want.
    for (let index = 0; index < terms.length; index++) this.#buffer[at++] = terms.bytes[index] ?? 0;
    this.#buffer[at] = LINE_FEED;
    this.#length = at + 1;
  }

  /** For one address a few bytes are enough. */
  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(
      this.#length === 0 && this.planned === 0 ? 4 * needed : MAX_PAYLOAD_BYTES + 1,
    );
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }

  #close(): void {
    if (this.#entries === 0) return;
    const { topic, qos } = this.#request;
    this.#full.push({
      topic,
      qos,
      payload: this.#buffer.subarray(0, this.#length - 1),
      entries: this.#entries,
      from: shown(this.#fromName, this.#fromLine),
      to: shown(this.#toName, this.#toLine),
    });
    const raised = this.#mostEntries + this.#entries * RAISE_PER_ENTRY;
    this.#mostEntries = Math.min(raised, MOST_ENTRIES);
    // The message keeps it until it is confirmed.
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    this.#entries = 0;
  }
}

/** Why no node would ban it, with the remedy where there is one here. */
export function explained(
  { reason, detail }: Failure<string>,
  { family, prefixLength }: Address,
  isProtection = false,
): string {
  if (reason === 'prefix-too-wide' && isProtection) {
    return 'too wide: nothing wider than /16 (IPv6 /32) can be protected';
  }
  if (reason === 'prefix-too-wide') {
    const option = family === 'ipv4' ? '--min-prefix' : '--min-prefix6';
    return (
      `too wide: unless its ${option} says otherwise, vallumd refuses it. Where yours take it, ` +
      `give ${option} ${prefixLength.toString()} here too`
    );
  }
  return reason === 'protected' ? `${detail}: every vallumd refuses to ban it` : detail;
}

function shown(name: string, line: number): string {
  return line === 0 ? name : `${name}:${line.toString()}`;
}

export interface PlanOptions {
  /**
   * Waits longer than this for more input: what is there already is sent. Default 200 ms; Infinity
   * where the input does not have to be waited for.
   */
  readonly idleMs?: number;
  /**
   * Longest time that entries wait for others to fill a message, where input comes without a pause and
   * hardly any of it is new. Default 1,000 ms.
   */
  readonly longestHoldMs?: number;
}

/**
 * The messages of a plan while entries are added to it.
 *
 * @param steps adds to the plan at each step
 */
export async function* planStream(
  steps: AsyncIterable<unknown>,
  plan: MessagePlan,
  { idleMs = 200, longestHoldMs = 1_000 }: PlanOptions = {},
): AsyncGenerator<PlannedMessage, void> {
  const iterator = steps[Symbol.asyncIterator]();
  const advance = () => {
    const step = iterator.next();
    // A rejection that comes while a message waits to be taken is met by the next await.
    step.catch(() => undefined);
    return step;
  };
  let next = advance();
  let takenMs = performance.now();
  try {
    for (;;) {
      const step = await soonEnough(next, idleMs);
      if (step === 'idle') {
        yield* plan.take(true);
        await next;
        continue;
      }
      if (step.done === true) break;
      next = advance();
      const isHeldLong = performance.now() - takenMs > longestHoldMs;
      const full = plan.take(isHeldLong);
      if (isHeldLong || full.length > 0) takenMs = performance.now();
      yield* full;
    }
    yield* plan.take(true);
  } finally {
    void iterator.return?.().catch(() => undefined);
  }
}

import { failure, type Failure } from '../words/result.js';
import { BAN, NO_END_NAMED, OWN_STAMP, UNBAN, AS_THE_SET_SAYS } from './entry-columns.js';
import type { EntryBatches, SetBatches } from './entry-batches.js';
import { endFault, resolveEnd, UNSAID } from './entry-end.js';
import type { RejectionReason } from './command.js';
import { parseEntryJson } from './entry-json.js';
import type { Entry } from './entry.js';
import { EntryReader } from './entry-reader.js';
import {
  countLines,
  decodeUtf8,
  isWhiteSpace,
  LINE_FEED,
  MAX_ENTRIES,
  MAX_PAYLOAD_BYTES,
  parseJson,
} from './payload.js';
import { ReadingCounts, type Reading } from './reading.js';
import type { ResolvedTopic, TopicResolution } from './resolve-topic.js';

/** What reading a message needs to know beside it. */
export interface DecodeContext {
  /** The receiver's clock, Unix milliseconds. */
  readonly nowMs: number;
  /** The stamp of entries that name none: Unix milliseconds, with fractions. */
  readonly ownStamp: number;
  /** Goes into the column `messages`. */
  readonly messageIndex: number;
}

/** Clocks differ by seconds; a stamp that lies further ahead would win over everything to come. */
export const MAX_AHEAD_MS = 60_000;

/**
 * Reads a message whose topic has been looked at: appends what it asks for to the batches of the
 * sets that are bound to its topic, and says what of it was not understood. Takes any bytes and never
 * throws; a bad entry costs that entry only.
 */
export function decodeInto(
  batches: EntryBatches,
  topic: TopicResolution,
  message: { readonly topic: string; readonly payload: Uint8Array },
  context: DecodeContext,
): Reading {
  const counts = new ReadingCounts();
  if (!topic.ok) {
    counts.reject(topic, 'topic', () => message.topic);
    return counts;
  }
  const { action, bindings } = topic.value;
  const [first, ...others] = bindings;
  if (action === 'nodes' || first === undefined) return counts;
  const batchesOfFirst = batches.of(first.set);
  const ipv4From = batchesOfFirst.lengthOf('ipv4');
  const ipv6From = batchesOfFirst.lengthOf('ipv6');
  new MessageDecoder(counts, batchesOfFirst, action, context).read(message.payload);
  for (const { set } of others) {
    copy(batchesOfFirst, batches.of(set), 'ipv4', ipv4From);
    copy(batchesOfFirst, batches.of(set), 'ipv6', ipv6From);
  }
  return counts;
}

function copy(source: SetBatches, target: SetBatches, family: 'ipv4' | 'ipv6', from: number): void {
  const to = source.lengthOf(family);
  if (from < to) target.of(family).pushFrom(source.of(family), from, to);
}

const BRACE = 0x7b;
const BRACKET = 0x5b;

const reader = new EntryReader();
/** Filled anew for each entry. */
const terms = {
  action: BAN,
  flags: 0,
  origin: '',
  until: 0.5,
  stamp: 0.5,
  reason: '',
  message: 0,
  place: 0,
};

type EndFault = ReturnType<typeof endFault>;
type Fault = Failure<RejectionReason>;

class MessageDecoder {
  readonly #counts: ReadingCounts;
  readonly #batches: SetBatches;
  readonly #isBan: boolean;
  readonly #context: DecodeContext;

  constructor(
    counts: ReadingCounts,
    batches: SetBatches,
    action: Exclude<ResolvedTopic['action'], 'nodes'>,
    context: DecodeContext,
  ) {
    this.#counts = counts;
    this.#batches = batches;
    this.#isBan = action === 'ban';
    this.#context = context;
    terms.action = this.#isBan ? BAN : UNBAN;
    terms.message = context.messageIndex;
  }

  read(payload: Uint8Array): void {
    const { length } = payload;
    if (length > MAX_PAYLOAD_BYTES) {
      const detail =
        `the payload has ${String(length)} bytes, and ${String(MAX_PAYLOAD_BYTES)} are the most: ` +
        'send it in parts';
      this.#refuse(failure('payload-too-large', detail), payload);
      return;
    }
    let start = 0;
    while (start < length && isWhiteSpace(payload[start] ?? 0)) start++;
    if (start === length) this.#refuseEmpty(payload);
    else if (payload[start] === BRACE || payload[start] === BRACKET) this.#readJson(payload);
    else this.#readLines(payload);
  }

  #readJson(payload: Uint8Array): void {
    const text = decodeUtf8(payload);
    if (text === undefined) {
      this.#refuse(failure('not-utf8', 'the payload starts as JSON and is no UTF-8'), payload);
      return;
    }
    const json = parseJson(text);
    if (!json.ok) {
      this.#refuse(json, payload);
      return;
    }
    const entries = Array.isArray(json.value) ? (json.value as unknown[]) : [json.value];
    if (entries.length > MAX_ENTRIES) {
      this.#refuseMany(entries.length, payload);
      return;
    }
    this.#counts.placeWord = 'entry';
    const several = entries.length > 1;
    entries.forEach((value, index) => {
      const entry = parseEntryJson(value);
      const fault = entry.ok ? this.#appendJson(entry.value, several ? index + 1 : 0) : entry;
      if (fault !== undefined) this.#counts.reject(fault, index + 1, () => showJson(value));
    });
    if (!several) this.#counts.placeAlone();
  }

  #appendJson(entry: Entry, place: number): EndFault | undefined {
    reader.take(entry);
    return this.#append(place);
  }

  #readLines(payload: Uint8Array): void {
    // A line takes two bytes, its end among them.
    if (payload.length >= 2 * MAX_ENTRIES) {
      const lines = countLines(payload);
      if (lines > MAX_ENTRIES) {
        this.#refuseMany(lines, payload);
        return;
      }
    }
    const { length } = payload;
    let parts = 0;
    let at = 0;
    for (let number = 1; at < length; number++) {
      let end = at;
      while (end < length && payload[end] !== LINE_FEED) end++;
      const next = end + 1;
      while (at < end && isWhiteSpace(payload[at] ?? 0)) at++;
      while (end > at && isWhiteSpace(payload[end - 1] ?? 0)) end--;
      if (at < end) {
        this.#readLine(payload, at, end, number);
        parts++;
      }
      at = next;
    }
    if (parts === 1) this.#placeAlone();
  }

  #readLine(payload: Uint8Array, start: number, end: number, number: number): void {
    const fault = reader.readLine(payload, start, end) ?? this.#append(number);
    if (fault !== undefined) this.#rejectLine(fault, payload.subarray(start, end), number);
  }

  /** Apart, since what a closure holds is made anew for every line. */
  #rejectLine(fault: Fault, line: Uint8Array, number: number): void {
    this.#counts.reject(fault, number, () => line);
  }

  /** Appends what `reader` has read. @returns why it does not */
  #append(place: number): EndFault | undefined {
    const { nowMs, ownStamp } = this.#context;
    let { stamp } = reader;
    if (stamp > nowMs + MAX_AHEAD_MS) {
      stamp = nowMs;
      this.#counts.cutStamps++;
    }
    const isOwn = stamp === UNSAID;
    terms.flags = isOwn ? OWN_STAMP : 0;
    terms.until = AS_THE_SET_SAYS;
    terms.reason = '';
    // Until when and why do not matter to an unban: they were said of the ban that it ends.
    if (this.#isBan) {
      const end = resolveEnd(reader.until, reader.timeoutSeconds, stamp, nowMs);
      if (end < 0) return endFault(end, reader.until, nowMs);
      if (end === AS_THE_SET_SAYS) terms.flags |= NO_END_NAMED;
      terms.until = end;
      terms.reason = reader.reason;
    }
    terms.stamp = isOwn ? ownStamp : stamp;
    terms.origin = reader.origin;
    terms.place = place;
    this.#batches.of(reader.family).pushWords(reader.words, reader.prefixLength, terms);
    this.#counts.entries++;
    return undefined;
  }

  /** The only line of a message has no place but the message itself. */
  #placeAlone(): void {
    if (this.#counts.entries === 0) this.#counts.placeAlone();
    else this.#batches.of(reader.family).placeLast(0);
  }

  #refuseEmpty(payload: Uint8Array): void {
    this.#refuse(failure('empty-payload', 'the payload holds no entry: send an address'), payload);
  }

  #refuseMany(entries: number, payload: Uint8Array): void {
    const detail =
      `the payload has ${String(entries)} entries, and ${String(MAX_ENTRIES)} are the most: send it ` +
      'in parts';
    this.#refuse(failure('too-many-entries', detail), payload);
  }

  #refuse(fault: Fault, payload: Uint8Array): void {
    this.#counts.reject(fault, 'payload', () => payload);
  }
}

function showJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // JSON.parse takes any depth, JSON.stringify only what fits on the stack.
    return '(nested too deeply to show)';
  }
}

import { type Failure } from '@vallum/core';
import {
  encodeTerms,
  endFault,
  NEVER,
  resolveEnd,
  toColumn,
  UNSAID,
  type EntryReader,
  type Origin,
} from '@vallum/core/protocol';
import { NumberedTexts } from './numbered-texts.js';
import type { PublishRequest } from './request.js';

/** `endOf`: nothing is said of the end. */
const NO_END = 0;

const UNTIL = Buffer.from(' until ');

/** What is written of so many origins and reasons is kept: at most some 2 MB. */
const MOST_RESTS = 4096;

/**
 * What stands behind an address: what the entry says of itself, which rules, and what the command
 * line says of all. A list names the same few origins and reasons again and again, so what was written
 * of each is kept.
 */
export class CompletedTerms {
  readonly #request: PublishRequest;
  #nowMs: number;
  /** As for the columns: Unix seconds, NEVER or UNSAID. */
  until = UNSAID;
  /** Seconds, NEVER or UNSAID. */
  timeoutSeconds = UNSAID;
  /** The entry's own: Unix milliseconds, or UNSAID. */
  stamp = UNSAID;
  origin = '';
  reason = '';
  /** A number of its own for each pair of origin and reason. */
  texts = 0;
  readonly #texts = new NumberedTexts();

  /** How they are written, starting with a blank, up to `length`. */
  readonly bytes = Buffer.alloc(2048);
  length = 0;
  #writtenEnd = Number.NaN;
  /** What is written behind the end; undefined: it has to be made anew. */
  #rest: Uint8Array | undefined;
  /** The same of entries without a stamp of their own that have an end, by `texts`. */
  #rests: (Uint8Array | undefined)[] = [];

  /**
   * @param nowMs when the entries are asked for: what they are stamped with, and timeouts count from
   */
  constructor(request: PublishRequest, nowMs: number) {
    this.#request = request;
    this.#nowMs = nowMs;
    this.texts = this.#texts.numberOf('', '');
  }

  set nowMs(nowMs: number) {
    if (nowMs !== this.#nowMs) {
      this.#rest = undefined;
      this.#rests = [];
    }
    this.#nowMs = nowMs;
  }

  /**
   * Takes up an entry and completes it.
   *
   * @returns why there is nothing to send, or undefined
   */
  complete(entry: EntryReader): Failure<'bad-time' | 'expired'> | undefined {
    const { terms, origin: originOfAll = '', reason: reasonOfAll = '', action } = this.#request;
    const hasTerms = entry.until !== UNSAID || entry.timeoutSeconds !== UNSAID;
    this.until = hasTerms ? entry.until : toColumn(terms.until);
    this.timeoutSeconds = hasTerms ? entry.timeoutSeconds : toColumn(terms.timeoutSeconds);
    const origin = entry.origin === '' ? originOfAll : entry.origin;
    const reason = entry.reason === '' ? reasonOfAll : entry.reason;
    if (origin !== this.origin || reason !== this.reason || entry.stamp !== this.stamp) {
      this.origin = origin;
      this.reason = reason;
      this.stamp = entry.stamp;
      this.texts = this.#texts.numberOf(origin, reason);
      this.#rest = undefined;
    }
    const end =
      action === 'unban'
        ? NO_END
        : resolveEnd(this.until, this.timeoutSeconds, this.stamp, this.#nowMs);
    // Over already: every vallumd would refuse it.
    if (end < 0) return endFault(end, this.until, this.#nowMs);
    if (this.#rest === undefined || end !== this.#writtenEnd) this.#write(end);
    return undefined;
  }

  #write(end: number): void {
    // A bare address goes without its stamp: what is behind no end may be less than what is behind one.
    const hadEnd = this.#writtenEnd !== NO_END;
    if (this.#rest === undefined || hadEnd !== (end !== NO_END)) this.#rest = this.#restOf(end);
    this.#writtenEnd = end;
    let at = 0;
    if (end !== NO_END) {
      this.bytes.set(UNTIL);
      at = UNTIL.length;
      const text = end === NEVER ? 'never' : end.toString();
      for (let index = 0; index < text.length; index++) this.bytes[at++] = text.charCodeAt(index);
    }
    this.bytes.set(this.#rest, at);
    this.length = at + this.#rest.length;
  }

  #restOf(end: number): Uint8Array {
    if (this.stamp !== UNSAID || end === NO_END || this.texts >= MOST_RESTS) {
      return this.#encodeRest(end);
    }
    return (this.#rests[this.texts] ??= this.#encodeRest(end));
  }

  #encodeRest(end: number): Uint8Array {
    const terms = {
      ...(this.origin === '' ? {} : { origin: this.origin as Origin }),
      stamp: this.stamp === UNSAID ? this.#nowMs : this.stamp,
    };
    if (this.#request.action === 'unban') return this.#stamped({ action: 'unban', ...terms });
    const because = this.reason === '' ? {} : { reason: this.reason };
    if (end === NO_END)
      return this.#stamped({ action: 'ban', until: 'default', ...terms, ...because });
    const whole = encoded({ action: 'ban', until: 'never', ...terms, ...because });
    return whole.subarray(' until never'.length);
  }

  /** Nodes are asked for the request of this very moment: then also a bare address says when. */
  #stamped(terms: Parameters<typeof encodeTerms>[0]): Uint8Array {
    const text = encodeTerms(terms);
    const isBare = text === '' && this.#request.confirm !== undefined;
    return Buffer.from(isBare ? ` at ${String(terms.stamp)}` : text);
  }
}

function encoded(terms: Parameters<typeof encodeTerms>[0]): Uint8Array {
  return Buffer.from(encodeTerms(terms));
}

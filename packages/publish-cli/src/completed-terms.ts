import {
  encodeTerms,
  endFault,
  resolveEnd,
  toColumn,
  UNSAID,
  untilOf,
  type EntryReader,
  type Failure,
  type Origin,
} from '@vallum/core';
import type { PublishRequest } from './request.js';

/** What an entry said of itself, when it was completed last. */
interface Said {
  until: number;
  timeoutSeconds: number;
  stamp: number;
  origin: string;
  reason: string;
}

/**
 * What stands behind an address: what the entry says of itself, which rules, and what the command
 * line says of all. In a list that is nearly always the same, so what was written last is kept.
 */
export class CompletedTerms {
  readonly #request: PublishRequest;
  readonly #last: Said = {
    until: Number.NaN,
    timeoutSeconds: UNSAID,
    stamp: UNSAID,
    origin: '',
    reason: '',
  };
  #written: Uint8Array | Failure<'bad-time' | 'expired'> = new Uint8Array(0);
  #nowMs: number;
  /** As for the columns: Unix seconds, NEVER or UNSAID. */
  until = UNSAID;
  /** Seconds, NEVER or UNSAID. */
  timeoutSeconds = UNSAID;
  /** The entry's own: Unix milliseconds, or UNSAID. */
  stamp = UNSAID;
  origin = '';
  reason = '';

  /** @param nowMs when the entries are asked for: what they are stamped with, and timeouts count from */
  constructor(request: PublishRequest, nowMs: number) {
    this.#request = request;
    this.#nowMs = nowMs;
  }

  set nowMs(nowMs: number) {
    if (nowMs === this.#nowMs) return;
    this.#nowMs = nowMs;
    this.#last.until = Number.NaN;
  }

  /**
   * Takes up an entry: its completed terms stand in the fields.
   *
   * @returns how they are written, starting with a blank; or why there is nothing to send
   */
  complete(entry: EntryReader): Uint8Array | Failure<'bad-time' | 'expired'> {
    const last = this.#last;
    if (
      entry.until !== last.until ||
      entry.timeoutSeconds !== last.timeoutSeconds ||
      entry.stamp !== last.stamp ||
      entry.origin !== last.origin ||
      entry.reason !== last.reason
    ) {
      const { until, timeoutSeconds, stamp, origin, reason } = entry;
      Object.assign(last, { until, timeoutSeconds, stamp, origin, reason });
      this.#complete(entry);
      this.#written = this.#write();
    }
    return this.#written;
  }

  #complete({ until, timeoutSeconds, stamp, origin, reason }: EntryReader): void {
    const { terms, origin: originOfAll = '', reason: reasonOfAll = '' } = this.#request;
    const hasTerms = until !== UNSAID || timeoutSeconds !== UNSAID;
    this.until = hasTerms ? until : toColumn(terms.until);
    this.timeoutSeconds = hasTerms ? timeoutSeconds : toColumn(terms.timeoutSeconds);
    this.stamp = stamp;
    this.origin = origin === '' ? originOfAll : origin;
    this.reason = reason === '' ? reasonOfAll : reason;
  }

  #write(): Uint8Array | Failure<'bad-time' | 'expired'> {
    const nowMs = this.#nowMs;
    const whoAndWhen = {
      ...(this.origin === '' ? {} : { origin: this.origin as Origin }),
      stamp: this.stamp === UNSAID ? nowMs : this.stamp,
    };
    if (this.#request.action === 'unban') {
      return Buffer.from(encodeTerms({ action: 'unban', ...whoAndWhen }));
    }
    const end = resolveEnd(this.until, this.timeoutSeconds, this.stamp, nowMs);
    // Over already: every vallumd would refuse it.
    if (end < 0) return endFault(end, this.until, nowMs);
    const because = this.reason === '' ? {} : { reason: this.reason };
    return Buffer.from(
      encodeTerms({ action: 'ban', until: untilOf(end), ...whoAndWhen, ...because }),
    );
  }
}

import { type Failure, type Result } from '@vallum/core';
import { MAX_UNIX_SECONDS, parseDuration, type Entry } from '@vallum/core/protocol';
import { quote } from '@vallum/options';
import { readMoment } from './read-moment.js';

/** When a ban ends; nothing said: the set decides. */
export type LeaseTerms = Pick<Entry, 'until' | 'timeoutSeconds'>;

export interface TermOptions {
  readonly timeout: string | undefined;
  readonly until: string | undefined;
  readonly since: string | undefined;
}

/**
 * Makes one thing of `--timeout`, `--until` and `--since`. `--since` is there for those who know when
 * a ban began rather than when it ends: fail2ban hands over its start (with a fraction, as in
 * `1795420000.25`) and its length, `-1` for ever. The start is rounded as fail2ban's database rounds
 * it, so that a restored ban ends at the same second as before.
 *
 * @param nowMs what `tomorrow` is seen from, Unix milliseconds
 */
export function parseLeaseTerms(
  options: TermOptions,
  nowMs: number,
): Result<LeaseTerms, 'bad-time'> {
  const { timeout, until, since } = options;
  if (until !== undefined) {
    return timeout === undefined && since === undefined
      ? parseUntil(until, nowMs)
      : bad('--until says when the ban ends; leave --timeout and --since out');
  }
  if (timeout === undefined) {
    return since === undefined
      ? terms({})
      : bad('--since needs --timeout: together they say when the ban ends');
  }
  const start = since === undefined ? undefined : parseSince(since);
  if (start?.ok === false) return start;
  const length = parseDuration(timeout);
  if (!length.ok) return bad(`--timeout: ${length.detail}`);
  if (length.value === 'never') return terms({ until: 'never' });
  if (start === undefined) return terms({ timeoutSeconds: length.value });
  const end = start.value + length.value;
  return terms({ until: end > MAX_UNIX_SECONDS ? 'never' : end });
}

function parseUntil(text: string, nowMs: number): Result<LeaseTerms, 'bad-time'> {
  if (text === 'never') return terms({ until: 'never' });
  if (/^\d{1,12}$/.test(text) && Number(text) <= MAX_UNIX_SECONDS) {
    return terms({ until: Number(text) });
  }
  const moment = readMoment(text, Math.floor(nowMs / 1000));
  return moment.ok ? terms({ until: moment.value }) : bad(`--until ${moment.detail}`);
}

function parseSince(text: string): Result<number, 'bad-time'> {
  const seconds = /^\d{1,12}(\.\d{1,12})?$/.test(text) ? Math.round(Number(text)) : Number.NaN;
  return seconds <= MAX_UNIX_SECONDS
    ? { ok: true, value: seconds }
    : bad(`--since is ${quote(text)}; it must be Unix seconds, such as 1795420000`);
}

function terms(value: LeaseTerms): Result<LeaseTerms, 'bad-time'> {
  return { ok: true, value };
}

function bad(detail: string): Failure<'bad-time'> {
  return { ok: false, reason: 'bad-time', detail };
}

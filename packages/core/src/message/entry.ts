import { MAX_UNIX_SECONDS } from '../words/unix-time.js';
import type { Address } from '../address/address.js';
import { failure, success, type Result } from '../words/result.js';
import type { Command, Until } from './command.js';
import { AS_THE_SET_SAYS, NEVER } from './entry-columns.js';
import { endFault, resolveEnd, UNSAID } from './entry-end.js';
import { escapeForDisplay } from '../words/escape.js';
import { parseOrigin, type Origin, type SetName } from '../words/names.js';

/** One entry of a message or list as it was written, before it is bound to a set and a time. */
export interface Entry {
  readonly address: Address;
  /** Unix seconds. Where both are given, `until` rules over `timeoutSeconds`. */
  readonly until?: number | 'never';
  /** Seconds from the stamp, and without one from the moment of reading. */
  readonly timeoutSeconds?: number | 'never';
  readonly origin?: Origin;
  /** When it was asked for: Unix milliseconds, by the publisher's clock. */
  readonly stamp?: number;
  readonly reason?: string;
}

/** Why an entry cannot be taken. `expired`: its end has passed. */
export type EntryFault =
  'bad-entry' | 'bad-address' | 'bad-time' | 'bad-origin' | 'bad-reason' | 'expired';

/** In characters, as people count them (code points). */
export const MAX_REASON_LENGTH = 256;

/** The words of the line form and the keys of the JSON form, beside the address. */
export const ENTRY_WORDS = ['timeout', 'until', 'origin', 'at', 'reason'] as const;
export type EntryWord = (typeof ENTRY_WORDS)[number];

export function isEntryWord(word: string): word is EntryWord {
  return (ENTRY_WORDS as readonly string[]).includes(word);
}

/** True for words that Vallum passes over with their value, today and in every later version. */
export function isPassedOver(word: string): boolean {
  return word.startsWith('x-');
}

/** What an entry says, word by word: numbers as numbers, the rest as text, nothing checked yet. */
export type EntryFields = Partial<Record<EntryWord, string | number>>;

/** Checks what an entry says beside its address. */
export function checkEntry(address: Address, fields: EntryFields): Result<Entry, EntryFault> {
  const entry: { -readonly [Key in keyof Entry]: Entry[Key] } = { address };
  if (fields.until !== undefined) {
    const until = checkSeconds('until', fields.until);
    if (!until.ok) return until;
    entry.until = until.value;
  }
  if (fields.timeout !== undefined) {
    const timeout = checkSeconds('timeout', fields.timeout);
    if (!timeout.ok) return timeout;
    // 0 is for ever, as it is for ipset.
    entry.timeoutSeconds = timeout.value === 0 ? 'never' : timeout.value;
  }
  if (fields.origin !== undefined) {
    const origin = parseOrigin(String(fields.origin));
    if (!origin.ok) return origin;
    entry.origin = origin.value;
  }
  if (fields.at !== undefined) {
    const stamp = checkStamp(fields.at);
    if (!stamp.ok) return stamp;
    entry.stamp = stamp.value;
  }
  // An empty reason is none.
  if (fields.reason !== undefined && fields.reason !== '') {
    const reason = checkReason(String(fields.reason));
    if (!reason.ok) return reason;
    entry.reason = reason.value;
  }
  return success(entry);
}

/** -1 is fail2ban's way to write `never`. */
function checkSeconds(
  word: 'until' | 'timeout',
  value: string | number,
): Result<number | 'never', 'bad-time'> {
  if (value === 'never' || value === -1) return success('never');
  if (
    typeof value !== 'number' ||
    !Number.isSafeInteger(value) ||
    value < 0 ||
    value > MAX_UNIX_SECONDS
  ) {
    return failure(
      'bad-time',
      `${word} takes ${word === 'until' ? 'Unix seconds' : 'seconds'} up to the year 9999, or never; ` +
        `not ${escapeForDisplay(String(value), 24)}`,
    );
  }
  return success(value);
}

/** The last millisecond that a time may lie at. */
const MAX_STAMP = 1000 * MAX_UNIX_SECONDS + 999;
/** 3 March 1973: whoever writes less has written seconds. */
export const MIN_STAMP = 100_000_000_000;

function checkStamp(value: string | number): Result<number, 'bad-time'> {
  if (typeof value === 'number' && value >= MIN_STAMP && value <= MAX_STAMP) return success(value);
  const seconds = typeof value === 'number' && value >= 0 && value < MIN_STAMP;
  return failure(
    'bad-time',
    `at takes Unix milliseconds, when the entry was asked for; not ${escapeForDisplay(String(value), 24)}` +
      (seconds ? ', which looks like seconds' : ''),
  );
}

// Control and format characters (bidi, zero width), lone surrogates, private use, line separators.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

/** Checks the free text that goes with a ban: printable, at most `MAX_REASON_LENGTH` characters. */
export function checkReason(text: string): Result<string, 'bad-reason'> {
  // The first test spares counting a megabyte.
  if (text.length > 2 * MAX_REASON_LENGTH || [...text].length > MAX_REASON_LENGTH) {
    return failure(
      'bad-reason',
      `the reason is longer than ${String(MAX_REASON_LENGTH)} characters: shorten it`,
    );
  }
  const found = UNPRINTABLE.exec(text);
  return found === null
    ? success(text)
    : failure(
        'bad-reason',
        `the reason holds the unprintable character ${escapeForDisplay(found[0])}: leave it out`,
      );
}

/**
 * Turns an entry into what to do about it.
 *
 * @param nowUnix seconds; what `timeout` counts from where the entry has no stamp
 * @returns `expired` for a ban without a stamp whose end has passed: there is nothing left to do
 */
export function entryToCommand(
  entry: Entry,
  action: Command['action'],
  set: SetName,
  nowUnix: number,
): Result<Command, 'bad-time' | 'expired'> {
  const { address, origin, stamp, reason } = entry;
  const whoAndWhen = {
    ...(origin === undefined ? {} : { origin }),
    ...(stamp === undefined ? {} : { stamp }),
  };
  // Until when and why do not matter to an unban: they were said of the ban that it ends.
  if (action === 'unban') return success({ action, set, address, ...whoAndWhen });
  const until = toColumn(entry.until);
  const nowMs = 1000 * nowUnix;
  const end = resolveEnd(until, toColumn(entry.timeoutSeconds), stamp ?? UNSAID, nowMs);
  if (end < 0) return endFault(end, until, nowMs);
  const because = reason === undefined ? {} : { reason };
  return success({ action, set, address, until: untilOf(end), ...whoAndWhen, ...because });
}

/** A time of an entry as the columns hold it. */
export function toColumn(time: number | 'never' | undefined): number {
  return time === 'never' ? NEVER : (time ?? UNSAID);
}

/** The end of a ban, from a column. */
export function untilOf(end: number): Until {
  if (end === NEVER) return 'never';
  return end === AS_THE_SET_SAYS ? 'default' : end;
}

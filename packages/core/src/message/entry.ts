import { MAX_UNIX_SECONDS } from '../words/unix-time.js';
import type { Address } from '../address/address.js';
import { failure, success, type Result } from '../words/result.js';
import type { Command, Until } from './command.js';
import { escapeForDisplay } from '../words/escape.js';
import { parseOrigin, type Origin, type SetName } from '../words/names.js';

/** One entry of a message or list as it was written, before it is bound to a set and a time. */
export interface Entry {
  readonly address: Address;
  /** Unix seconds. Where both are given, `until` rules over `timeoutSeconds`. */
  readonly until?: number | 'never';
  /** Seconds from the moment of reading. */
  readonly timeoutSeconds?: number | 'never';
  readonly origin?: Origin;
  readonly reason?: string;
}

export type EntryFault =
  'bad-entry' | 'bad-address' | 'bad-time' | 'bad-origin' | 'bad-reason' | 'expired';

/** In characters, as people count them (code points). */
export const MAX_REASON_LENGTH = 256;

/** The words of the line form and the keys of the JSON form, beside the address. */
export const ENTRY_WORDS = ['timeout', 'until', 'origin', 'reason'] as const;
export type EntryWord = (typeof ENTRY_WORDS)[number];

export function isEntryWord(word: string): word is EntryWord {
  return (ENTRY_WORDS as readonly string[]).includes(word);
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
 * @param nowUnix seconds; what `timeout` counts from
 * @returns `expired` for a ban whose end has passed: there is nothing left to do
 */
export function entryToCommand(
  entry: Entry,
  action: Command['action'],
  set: SetName,
  nowUnix: number,
): Result<Command, 'bad-time' | 'expired'> {
  const { address, origin, reason } = entry;
  const from = origin === undefined ? {} : { origin };
  // When and why do not matter to an unban: they were said of the ban that it ends.
  if (action === 'unban') return success({ action, set, address, ...from });
  const until = resolveUntil(entry, nowUnix);
  if (!until.ok) return until;
  const because = reason === undefined ? {} : { reason };
  return success({ action, set, address, until: until.value, ...from, ...because });
}

function resolveUntil(entry: Entry, nowUnix: number): Result<Until, 'bad-time' | 'expired'> {
  const now = Math.floor(nowUnix);
  if (entry.until !== undefined) {
    return typeof entry.until === 'number' && entry.until <= now
      ? failure(
          'expired',
          `the ban ended ${String(now - entry.until)} s ago: if it should not have, compare the clocks`,
        )
      : success(entry.until);
  }
  const { timeoutSeconds = 'default' } = entry;
  if (typeof timeoutSeconds !== 'number') return success(timeoutSeconds);
  return now + timeoutSeconds > MAX_UNIX_SECONDS
    ? failure('bad-time', 'the timeout goes beyond the year 9999: write timeout never')
    : success(now + timeoutSeconds);
}

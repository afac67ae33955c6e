import { join } from 'node:path';
import { addressAt, type AddressColumns } from '../address/address-columns.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { AS_THE_SET_SAYS, BAN, NEVER, NO_END_NAMED, OWN_STAMP } from '../message/entry-columns.js';
import type { Disk } from '../system/disk.js';
import { systemDisk } from '../system/system-disk.js';
import { escapeForDisplay } from '../words/escape.js';
import { describeOffset, offsetMinutesAt } from '../words/local-time.js';
import type { SetName } from '../words/names.js';
import { JOURNAL } from './file-store.js';
import { FrameReader } from './frame-reader.js';
import { scanJournalFile } from './scan-journal-file.js';
import type { JournalNote, JournalVisitor } from './store.js';

/** More than any reason has, each of its characters escaped. */
const MAX_REASON_SHOWN = 4096;

/**
 * The journal in a state folder as text for people, a line a record in the order in which they were
 * written, such as
 *
 *     2026-11-25T20:15:03.123Z ban blacklist 203.0.113.7 until 2026-11-26T20:15:03Z origin web1 reason "sshd"
 *     2026-11-25T21:02:11.004Z unban blacklist 203.0.113.7 origin web1
 *     2026-11-25T21:02:11.005Z cleared blacklist 203.0.113.7
 *
 * The time is the stamp of what was asked for, and of a note when it was written. Only reads, and does
 * not wait for the lock: a running daemon's journal is told up to where it is.
 *
 * @returns some lines at a time, each ended by a line feed
 * @throws VallumError `STORE_FAILED`: none there, not readable, or a newer version's
 */
export async function* describeJournal(
  folder: string,
  options: { readonly disk?: Disk } = {},
): AsyncGenerator<string> {
  const { disk = systemDisk } = options;
  const lines = new JournalLines();
  const reader = new FrameReader();
  const frames = scanJournalFile(disk, join(folder, JOURNAL), {
    frame: (buffer, start, end) => {
      lines.writtenMs = FrameReader.writtenMs(buffer, start);
      return reader.read(buffer, start, end, lines) !== undefined;
    },
    damage: (bytes, position) => {
      lines.remark(`${String(bytes.length)} bytes at ${String(position)} could not be read`);
      return Promise.resolve();
    },
    torn: (length) => {
      lines.remark(`${String(length)} bytes at the end: being written, or cut off by a crash`);
    },
  });
  for await (const _ of frames) yield lines.take();
  yield lines.take();
}

class JournalLines implements JournalVisitor {
  writtenMs = 0;
  #text = '';

  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  remark(sentence: string): void {
    this.#text += `# ${sentence}\n`;
  }

  entries(set: SetName, columns: RegisterColumns): void {
    for (let row = 0; row < columns.length; row++) {
      this.#text += `${describeEntry(set, columns, row)}\n`;
    }
  }

  cleared(set: SetName, columns: AddressColumns): void {
    this.#note('cleared', set, columns);
  }

  foreign(set: SetName, columns: AddressColumns): void {
    this.#note('foreign', set, columns);
  }

  widened(set: SetName, columns: AddressColumns): void {
    this.#note('widened', set, columns);
  }

  #note(note: JournalNote, set: SetName, columns: AddressColumns): void {
    const time = describeMs(this.writtenMs);
    for (let row = 0; row < columns.length; row++) {
      this.#text += `${time} ${note} ${set} ${addressAt(columns, row).text}\n`;
    }
  }
}

function describeEntry(set: SetName, columns: RegisterColumns, row: number): string {
  const isBan = columns.actions[row] === BAN;
  const flags = columns.flags[row] ?? 0;
  const origin = columns.originNames[columns.origins[row] ?? 0] ?? '';
  const reason = columns.reasonTexts[columns.reasons[row] ?? 0] ?? '';
  const keepUntil = columns.keepUntils[row] ?? 0;
  const time = describeMs(columns.stamps[row] ?? 0);
  let line = `${time} ${isBan ? 'ban' : 'unban'} ${set} ${addressAt(columns, row).text}`;
  if (isBan) line += describeEnd(columns.untils[row] ?? 0, flags);
  if (origin !== '') line += ` origin ${escapeForDisplay(origin, MAX_REASON_SHOWN)}`;
  if (reason !== '') {
    line += ` reason "${escapeForDisplay(reason, MAX_REASON_SHOWN).replaceAll('"', '\\"')}"`;
  }
  if (keepUntil !== 0) line += ` remembered until ${describeSeconds(keepUntil)}`;
  if ((flags & OWN_STAMP) !== 0) line += ' stamped here';
  return line;
}

function describeEnd(until: number, flags: number): string {
  if ((flags & NO_END_NAMED) === 0) return ` until ${describeSeconds(until)}`;
  const settled = until === AS_THE_SET_SAYS ? '' : `, ${describeSeconds(until)}`;
  return ` until the set's own timeout${settled}`;
}

function describeSeconds(seconds: number): string {
  return seconds === NEVER ? 'never' : describeMs(1000 * seconds).replace('.000', '');
}

/**
 * Local time in ISO 8601, which can be sorted and read again: `2026-11-26T08:00:05.250+01:00`, and `Z` for
 * no offset. A node's own stamps have fractions: microseconds, where there are some.
 */
function describeMs(ms: number): string {
  const whole = Math.floor(ms);
  const offset = offsetMinutesAt(whole / 1000);
  const date = new Date(whole + offset * 60_000);
  if (Number.isNaN(date.getTime())) return String(ms);
  const micros = Math.round((ms - whole) * 1000);
  const fraction = micros === 0 ? '' : String(micros).padStart(3, '0');
  return date.toISOString().replace('Z', fraction + (offset === 0 ? 'Z' : describeOffset(offset)));
}

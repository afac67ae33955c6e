import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { WORK } from './names.js';

/** What the spool holds at most: an hour of a broker's absence is a few hundred messages. */
export const MOST_FILES = 100_000;
export const MOST_BYTES = 64 * 1024 * 1024;
/** What is older is dropped, and said. */
export const LONGEST_KEPT_MS = 7 * 86_400_000;
/** The same for what the broker took and had nobody for: its name may be wrong. */
export const LONGEST_UNHEARD_MS = 3_600_000;

/**
 * Files on their way in, and whose turn it is. Hidden, so that systemd takes the folder for empty
 * (`ConditionDirectoryNotEmpty=`), and apart, so that `PathChanged=` sees finished files only.
 */
export const workFolder = (folder: string) => join(folder, WORK);
/** What cannot be read as a message: for a person to look at. */
export const unusableFolder = (folder: string) => join(folder, '.unusable');

/** What the name of a file says, so that nothing has to be opened to know it. */
export interface SpooledName {
  readonly name: string;
  /** When it was asked for, Unix milliseconds. */
  readonly askedMs: number;
  readonly state: SpooledState;
  /** Of `receiverKey`. */
  readonly receiver: string;
  readonly bytes: number;
}

/**
 * What the broker made of it so far:
 * `k` nothing is known;
 * `u` unheard: it took it, and had nobody to give it to;
 * `s` suspect: it ended the connection while this one was under way, perhaps beside others;
 * `c` culprit: it did so while this one was under way alone.
 */
export type SpooledState = 'k' | 'u' | 's' | 'c';

/** `1795420003125-0004711-0000-4f1c-u-9b2f0a7c1d3e-123.msg`: they sort by time, process and counter. */
const NAME = /^(\d{13}-\d{7,10}-\d{4,6}-[0-9a-f]{4})-([kusc])-([0-9a-f]{12}-(\d{1,9})\.msg)$/;

export interface NameParts {
  readonly askedMs: number;
  readonly pid: number;
  readonly counter: number;
  /** Four hexadecimal digits, since containers may share a folder and count processes alike. */
  readonly random: string;
  readonly state: SpooledState;
  readonly receiver: string;
  readonly bytes: number;
}

export function spooledName(parts: NameParts): string {
  return [
    Math.max(0, Math.floor(parts.askedMs)).toString().padStart(13, '0'),
    parts.pid.toString().padStart(7, '0'),
    parts.counter.toString().padStart(4, '0'),
    parts.random,
    parts.state,
    parts.receiver,
    `${parts.bytes.toString()}.msg`,
  ].join('-');
}

/** Who the message is for: a broker and a user there. Another's credentials must not carry it. */
export function receiverKey(broker: string, username: string | undefined): string {
  const text = JSON.stringify([broker, username ?? null]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/**
 * The messages in the spool, oldest first. A folder that is not there holds none.
 *
 * @throws an error of node:fs where the folder cannot be read
 */
export function listSpool(folder: string): SpooledName[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return names.sort().flatMap((name) => {
    const [, moment = '', state = '', rest = '', bytes = ''] = NAME.exec(name) ?? [];
    if (moment === '') return [];
    return [
      {
        name,
        askedMs: Number(moment.slice(0, 13)),
        state: state as SpooledState,
        receiver: rest.slice(0, 12),
        bytes: Number(bytes),
      },
    ];
  });
}

/** The name of the same file in another state. */
export function nameInState({ name }: SpooledName, state: SpooledState): string {
  return name.replace(NAME, `$1-${state}-$3`);
}

/** When it is dropped at the latest, Unix milliseconds. */
export function keptUntilMs({ askedMs, state }: SpooledName): number {
  return askedMs + (state === 'u' ? LONGEST_UNHEARD_MS : LONGEST_KEPT_MS);
}

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

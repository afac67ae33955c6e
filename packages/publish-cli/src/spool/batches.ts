import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, keptUntilMs, type SpooledName } from './folder.js';
import { withoutEnded } from './message-file.js';
import { readSpooled, setAside } from './read-spooled.js';

/** As in a message of a list: see plan-messages.ts. */
const MOST_ENTRIES = 1_024;
const MOST_BYTES = 120 * 1024;
const MOST_FILES = 256;

/** Files that go out as one message. */
export interface SpooledBatch {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly entries: number;
  readonly files: readonly string[];
}

/** What was not sent, and why. */
export interface LeftOut {
  /** Files and entries that were too old. */
  old: { files: number; entries: number };
  /** Bans that have ended meanwhile. */
  ended: number;
  /** Names of files that are no messages. */
  readonly unusable: string[];
}

/**
 * What the files hold, oldest first: those that follow each other on one topic in one message, since a
 * node takes a thousand bans of one as fast as ten of ten. What there is no use for any more is taken
 * away.
 */
export function* batchesOf(
  folder: string,
  files: readonly SpooledName[],
  nowMs: number,
  leftOut: LeftOut,
): Generator<SpooledBatch, void> {
  let open:
    | { topic: string; parts: Uint8Array[]; bytes: number; entries: number; files: string[] }
    | undefined;
  const close = (): SpooledBatch[] => {
    if (open === undefined) return [];
    const { topic, parts, entries, files: names } = open;
    open = undefined;
    const payload = Buffer.concat(
      parts.flatMap((part, at) => (at === 0 ? [part] : [LINE_END, part])),
    );
    return [{ topic, payload, entries, files: names }];
  };
  for (const file of files) {
    const content = readSpooled(folder, file.name);
    if (content === 'gone') continue;
    if (content === 'unusable') {
      setAside(folder, file.name);
      leftOut.unusable.push(file.name);
      continue;
    }
    if (keptUntilMs(file) < nowMs) {
      leftOut.old.files += 1;
      leftOut.old.entries += content.entries;
      takeAway(folder, [file.name]);
      continue;
    }
    const { payload, entries, ended } = withoutEnded(content.payload, nowMs / 1000);
    leftOut.ended += ended;
    if (entries === 0) {
      takeAway(folder, [file.name]);
      continue;
    }
    const fits =
      open?.topic === content.topic &&
      open.entries + entries <= MOST_ENTRIES &&
      open.bytes + payload.length < MOST_BYTES &&
      open.files.length < MOST_FILES;
    if (!fits) yield* close();
    open ??= { topic: content.topic, parts: [], bytes: 0, entries: 0, files: [] };
    open.parts.push(payload);
    open.bytes += payload.length + 1;
    open.entries += entries;
    open.files.push(file.name);
  }
  yield* close();
}

/** Its effect is there, or nobody wants it any more. */
export function takeAway(folder: string, names: readonly string[]): void {
  for (const name of names) {
    try {
      unlinkSync(join(folder, name));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
}

const LINE_END = Buffer.from('\n');

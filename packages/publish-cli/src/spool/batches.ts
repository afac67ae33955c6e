import type { SpooledName } from './folder.js';
import { readSpooled, setAside } from './read-spooled.js';

/** As in a message of a list: see plan-messages.ts. */
const MOST_ENTRIES = 1_024;
const MOST_BYTES = 120 * 1024;
export const MOST_FILES_AT_ONCE = 256;

/** Files that go out as one message. */
export interface SpooledBatch {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly entries: number;
  readonly files: readonly SpooledName[];
}

/**
 * What the files hold, in their order: those that follow each other on one topic in one message, since a
 * node takes a thousand bans of one as fast as ten of ten. A ban that has ended meanwhile goes out too:
 * how long it lasts a set may decide for itself, and how often an address was banned.
 *
 * @param unusable takes the names of files that are no messages; they are set aside
 */
export function* batchesOf(
  folder: string,
  files: readonly SpooledName[],
  mostFiles: number,
  unusable: string[],
): Generator<SpooledBatch, void> {
  let open:
    | { topic: string; parts: Uint8Array[]; bytes: number; entries: number; files: SpooledName[] }
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
      unusable.push(file.name);
      continue;
    }
    const { payload, entries } = content;
    const fits =
      open?.topic === content.topic &&
      open.entries + entries <= MOST_ENTRIES &&
      open.bytes + payload.length < MOST_BYTES &&
      open.files.length < mostFiles;
    if (!fits) yield* close();
    open ??= { topic: content.topic, parts: [], bytes: 0, entries: 0, files: [] };
    open.parts.push(payload);
    open.bytes += payload.length + 1;
    open.entries += entries;
    open.files.push(file);
  }
  yield* close();
}

const LINE_END = Buffer.from('\n');

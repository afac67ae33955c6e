import type { Rejection } from './command.js';
import type { Entry } from './entry.js';
import { ListReader } from './list-reader.js';

/** One line of a list that holds more than blanks and comments; lines count from 1. */
export type ListLine = { readonly line: number } & (
  | { readonly ok: true; readonly entry: Entry }
  | { readonly ok: false; readonly rejection: Rejection }
);

/**
 * Reads a list file as `ListReader` does, an object a line.
 *
 * @param lines the lines without their ends, such as `node:readline` gives, so that a list larger
 *   than memory can be read; or the whole text
 */
export function* readList(lines: string | Iterable<string>): Generator<ListLine> {
  let read: ListLine[] = [];
  const reader = new ListReader({
    entry: (entry, line) => read.push({ line, ok: true, entry: entry.toEntry() }),
    rejected: (rejection, line) => read.push({ line, ok: false, rejection }),
  });
  for (const text of typeof lines === 'string' ? [lines] : lines) {
    reader.push(Buffer.from(`${text}\n`));
    yield* read;
    read = [];
  }
}

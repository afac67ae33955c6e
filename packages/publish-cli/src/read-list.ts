import { StringDecoder } from 'node:string_decoder';
import { readListLine, type ListLine } from '@vallum/core';

/** Longer than any line that could be an entry; what goes beyond it is not kept. */
const MAX_LINE_LENGTH = 16_384;

/**
 * Reads a list as it comes: the lines of one piece of input after another, so that a list longer
 * than the memory passes through, and so does one without any line end.
 */
export async function* readList(
  input: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<ListLine[], void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let number = 0;

  for await (const chunk of input) {
    const text = typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
    const pieces = (rest + text).split('\n');
    // Still too long to be an entry, so that its line is refused when its end has come.
    rest = (pieces.pop() ?? '').slice(0, MAX_LINE_LENGTH);
    const lines: ListLine[] = [];
    for (const piece of pieces) {
      number += 1;
      const line = readListLine(piece, number);
      if (line) lines.push(line);
    }
    yield lines;
  }
  const line = readListLine(rest + decoder.end(), number + 1);
  if (line) yield [line];
}

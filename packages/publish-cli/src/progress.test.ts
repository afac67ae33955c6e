import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createProgress } from './progress.js';

function terminal(isTTY: boolean) {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  // What cli-progress asks of a terminal.
  const cursor = { cursorTo: () => true, moveCursor: () => true, clearLine: () => true };
  return { stream: Object.assign(stream, { isTTY, columns: 80 }, cursor), text: () => text };
}

async function run(isTTY: boolean, wanted: boolean, entries: number): Promise<string> {
  const { stream, text } = terminal(isTTY);
  const progress = createProgress(stream, wanted);
  progress.read(entries, entries);
  // The bar is loaded only when it is needed.
  await new Promise((resolve) => setTimeout(resolve, 200));
  progress.confirmed(entries / 2);
  progress.stop();
  return text();
}

describe('the progress bar', () => {
  it('shows on a terminal how much of a long list is confirmed', async () => {
    expect(await run(true, true, 5000)).toContain('of 5000');
  });

  it.each([
    ['nobody watches', false, true, 5000],
    ['it is not wanted', true, false, 5000],
    ['the list is short', true, true, 999],
  ])('stays away where %s', async (_what, isTTY, wanted, entries) => {
    expect(await run(isTTY, wanted, entries)).toBe('');
  });
});

import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { streamPair } from './stream-pair.js';

describe('a connection inside the process', () => {
  it('brings over what is written, both ways, and waits where it is not read', async () => {
    const [left, right] = streamPair();
    const big = Buffer.alloc(300_000, 'x');
    let written = false;
    left.write(big, () => (written = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(written).toBe(false);
    let received = 0;
    right.on('data', (chunk: Buffer) => (received += chunk.length));
    await once(right, 'data');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([written, received]).toEqual([true, big.length]);
    right.write('answer');
    expect(String((await once(left, 'data'))[0])).toBe('answer');
  });

  it('ends for both where one ends it', async () => {
    const [left, right] = streamPair();
    right.resume();
    left.end('last words');
    await once(right, 'end');
    const [other, more] = streamPair();
    more.resume();
    other.destroy();
    await once(more, 'close');
    expect([right.readableEnded, more.destroyed]).toEqual([true, true]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { pubackPackets } from './puback-packets.js';

describe('pubackPackets', () => {
  it('writes four bytes for each message, in order', () => {
    expect(pubackPackets([7, 0xabcd]).toString('hex')).toBe('400200074002abcd');
  });

  it('writes nothing for nothing', () => {
    expect(pubackPackets([])).toHaveLength(0);
  });
});

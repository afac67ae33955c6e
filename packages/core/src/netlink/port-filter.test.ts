import { describe, expect, it } from '@jest/globals';
import { exceptFrom } from './port-filter.js';

describe('exceptFrom', () => {
  it('compares the port id as the filter machine loads it: in network byte order', () => {
    // ld [12]; jeq #0x04030201, 0, 1; ret #0; ret #-1, on a little-endian machine
    expect(Buffer.from(exceptFrom(0x0102_0304)).toString('hex')).toBe(
      ['200000000c000000', '1500000101020304', '0600000000000000', '06000000ffffffff'].join(''),
    );
  });
});

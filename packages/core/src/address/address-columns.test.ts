import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressAt, addressColumns, addressTextAt } from './address-columns.js';
import { addressFromBytes } from './from-bytes.js';

describe('addressTextAt', () => {
  it('says of any address what the object says', () => {
    const ipv4 = fc
      .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 32 }))
      .map(([bytes, prefixLength]) => addressFromBytes('ipv4', bytes, prefixLength));
    const single = fc
      .uint8Array({ minLength: 4, maxLength: 4 })
      .map((bytes) => addressFromBytes('ipv4', bytes));
    const ipv6 = fc
      .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.integer({ min: 0, max: 128 }))
      .map(([bytes, prefixLength]) => addressFromBytes('ipv6', bytes, prefixLength));
    fc.assert(
      fc.property(fc.oneof(ipv4, single, ipv6), (address) => {
        const columns = addressColumns(address.family, [address, address]);
        expect(addressTextAt(columns, 1)).toBe(address.text);
        expect(addressAt(columns, 1)).toEqual(address);
      }),
    );
  });
});

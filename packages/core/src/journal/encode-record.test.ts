import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAddress } from '../address/parse.js';
import { parseOrigin, parseSetName, type Origin, type SetName } from '../words/names.js';
import { decodeRecord } from './decode-record.js';
import { encodeRecord } from './encode-record.js';
import type { LedgerRecord } from '../ledger/record.js';

const set = fc
  .string({ minLength: 1, maxLength: 31 })
  .filter((text) => parseSetName(text).ok) as fc.Arbitrary<SetName>;
const origin = fc
  .string({ minLength: 1, maxLength: 40 })
  .filter((text) => parseOrigin(text).ok) as fc.Arbitrary<Origin>;
const address = fc
  .oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.tuple(fc.ipV4(), fc.nat(32)).map((parts) => parts.join('/')),
  )
  .map((text) => {
    const parsed = parseAddress(text);
    if (!parsed.ok) throw new Error(parsed.detail);
    return parsed.value.text;
  });
const until = fc.oneof(fc.nat(), fc.constantFrom('never' as const, 'default' as const));
const record: fc.Arbitrary<LedgerRecord> = fc.oneof(
  fc.record({ op: fc.constant('cleared' as const), set, address }),
  fc.record({ op: fc.constant('unban' as const), set, address }),
  fc.record({ op: fc.constant('unban' as const), set, address, origin }),
  fc
    .tuple(
      fc.record({
        op: fc.constant('ban' as const),
        set,
        address,
        origin: fc.oneof(fc.constant('' as const), origin),
        until,
      }),
      fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    )
    .map(([ban, reason]) => (reason === undefined ? ban : { ...ban, reason })),
);

describe('encodeRecord', () => {
  it('writes what JSON.stringify would, on one line, and decodeRecord reads it', () => {
    fc.assert(
      fc.property(record, (record) => {
        const line = encodeRecord(record);
        expect(line).not.toContain('\n');
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(record)));
        expect(decodeRecord(line)).toEqual(record);
      }),
    );
  });
});

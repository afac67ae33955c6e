import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { RegisterColumns } from '../lease/register-columns.js';
import { AS_THE_SET_SAYS } from '../message/entry-columns.js';
import { columnsOf, entriesOf, type Entry } from '../ledger/test-columns.js';
import { decodePiece } from './decode-piece.js';
import { encodePieces, PIECE_BYTES } from './encode-piece.js';
import { anyEntry } from './test-registers.js';

function wired(columns: RegisterColumns): RegisterColumns[] {
  const all = Array.from({ length: columns.length }, (_, index) => index);
  return [...encodePieces(columns, all)].map((piece) => {
    const decoded = decodePiece(JSON.parse(JSON.stringify(piece)));
    if (!decoded.ok) throw new Error(decoded.detail);
    return decoded.value;
  });
}

const SAMPLE = {
  ...{ family: 'ipv4', addresses: '192.0.2.7 198.51.100.0/24', kinds: 'lW' },
  ...{ origins: ['web1'], origin: 1, reasons: ['ssh'], reason: [1, 0] },
  ...{ since: 1_795_416_400_000, stamp: [0, 7.25], after: 1_795_419_999 },
  ...{ until: [1, 0], keep: [0, null] },
};

describe('a piece of registers', () => {
  it('brings every register over as it is', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 30 }), (entries) => {
        for (const family of ['ipv4', 'ipv6'] as const) {
          const some = entries.filter(({ address }) => address.family === family);
          const over = wired(columnsOf(family, some)).flatMap(entriesOf);
          expect(over).toEqual(some);
        }
      }),
    );
  });

  it('leaves out what this node has made of a lease that names no end', () => {
    const register = {
      ...{ kind: 'lease' as const, origin: 'web1', stamp: 1_795_416_400_000, ownStamp: false },
      ...{ asked: AS_THE_SET_SAYS, until: 1_795_416_500, reason: '', keepUntil: 0 },
    };
    const [first] = fc.sample(
      anyEntry.filter(({ address }) => address.family === 'ipv4'),
      1,
    );
    const columns = columnsOf('ipv4', [{ address: first!.address, register }]);
    expect(wired(columns).flatMap(entriesOf)[0]?.register.until).toBe(AS_THE_SET_SAYS);
  });

  it('is cut where it would be larger than brokers like', () => {
    const [one] = fc.sample(
      anyEntry.filter(({ address }) => address.family === 'ipv4'),
      1,
    );
    const many: Entry[] = Array.from({ length: 4_000 }, (_, index) => ({
      address: one!.address,
      register: {
        ...{ kind: 'lease', origin: '', stamp: 1_795_416_400_000, ownStamp: false, keepUntil: 0 },
        ...{ asked: 1_795_419_999, until: 1_795_419_999, reason: `ä"\\${index}`.padEnd(200, 'ß') },
      },
    }));
    const columns = columnsOf('ipv4', many);
    const pieces = [
      ...encodePieces(
        columns,
        Array.from(many, (_, index) => index),
      ),
    ];
    expect(pieces.length).toBeGreaterThan(10);
    for (const piece of pieces) {
      expect(Buffer.byteLength(JSON.stringify(piece))).toBeLessThan(1.2 * PIECE_BYTES);
    }
  });

  it('is read as it is documented', () => {
    const decoded = decodePiece({ ...SAMPLE, later: 'versions may add keys' });
    expect(decoded.ok && entriesOf(decoded.value)).toMatchObject([
      { address: { text: '192.0.2.7' }, register: { kind: 'lease', until: 1_795_420_000 } },
      { address: { text: '198.51.100.0/24' }, register: { kind: 'withdrawal', ownStamp: true } },
    ]);
  });

  it.each([
    ['no object', null],
    ['another family', { ...SAMPLE, family: 'ipv6' }],
    ['an address that is not canonical', { ...SAMPLE, addresses: '192.0.2.7 198.51.100.1/24' }],
    ['too few addresses', { ...SAMPLE, addresses: '192.0.2.7' }],
    ['an unknown kind', { ...SAMPLE, kinds: 'lx' }],
    ['an origin that is none', { ...SAMPLE, origins: ['a b'] }],
    ['an index that leads nowhere', { ...SAMPLE, origin: 2 }],
    ['an unban with a reason', { ...SAMPLE, reason: 1 }],
    ['a reason that hides something', { ...SAMPLE, reasons: ['\u202e'] }],
    ['a lease without an end', { ...SAMPLE, until: 0 }],
    ['a withdrawal with an end', { ...SAMPLE, until: [1, 1] }],
    ['a stamp in seconds', { ...SAMPLE, since: 1_795_416_400 }],
    ['a stamp that is no number', { ...SAMPLE, stamp: [0, null] }],
    ['an end after the year 9999', { ...SAMPLE, until: [253_402_300_799, 0] }],
    ['an end with a fraction', { ...SAMPLE, until: [1.5, 0] }],
    ['a sweep with an origin', { ...SAMPLE, kinds: 'ls' }],
    ['a withdrawal without one', { ...SAMPLE, origin: [1, 0] }],
    ['more registers than a piece has', { ...SAMPLE, kinds: 'l'.repeat(5_000) }],
  ])('is refused with %s', (_what, value) => {
    expect(decodePiece(value).ok).toBe(false);
  });
});

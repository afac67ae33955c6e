/** Arbitrary registers, for property tests. */
import * as fc from 'fast-check';
import type { Register } from '../lease/register.js';
import { AS_THE_SET_SAYS, NEVER } from '../message/entry-columns.js';
import { address, type Entry } from '../ledger/test-columns.js';
import { START_MS } from './test-fleet.js';

const START = START_MS / 1000;

export const anyRegister: fc.Arbitrary<Register> = fc
  .record({
    kind: fc.constantFrom<Register['kind']>('lease', 'lease', 'lease', 'withdrawal', 'sweep'),
    origin: fc.constantFrom('', 'web1', 'web2.sshd', 'a:b@c-d'),
    second: fc.integer({ min: -4_000, max: 0 }),
    fraction: fc.constantFrom(0, 0.001, 0.25, 0.123_456),
    ownStamp: fc.boolean(),
    end: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: -300, max: 4_000 }) },
      fc.constantFrom(NEVER, AS_THE_SET_SAYS),
    ),
    reason: fc.constantFrom('', 'ssh', 'quote " and \\', 'größer, 日本'),
    keep: fc.constantFrom(0, START + 5_000, NEVER),
  })
  .map(({ kind, origin, second, fraction, ownStamp, end, reason, keep }): Register => {
    const isLease = kind === 'lease';
    const asked = !isLease ? 0 : Number.isFinite(end) && end !== 0 ? START + end : end;
    return {
      kind: !isLease && origin === '' ? 'sweep' : kind,
      origin: kind === 'sweep' ? '' : origin,
      stamp: START_MS + 1_000 * second + fraction,
      ...{ ownStamp, asked, until: asked },
      reason: isLease ? reason : '',
      keepUntil: keep,
    };
  });

const ADDRESSES = [
  ...['192.0.2.1', '192.0.2.2', '192.0.2.0/24', '0.0.0.0/0', '198.51.100.7', '203.0.113.0/25'],
  ...['2001:db8::1', '2001:db8::/32', '::/0'],
].map(address);

export const anyEntry: fc.Arbitrary<Entry> = fc.record({
  address: fc.constantFrom(...ADDRESSES),
  register: anyRegister,
});

/**
 * Without leases that a node itself has stamped and that end soon: such a one counts by its key alone, and
 * each node ends it when it does.
 */
export const anyEntryOfWeight = anyEntry.filter(({ register }) => {
  const { kind, ownStamp, asked } = register;
  return kind !== 'lease' || !ownStamp || asked === AS_THE_SET_SAYS || asked > START + 1_000;
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAddress } from '../address/parse.js';
import type { Address } from '../address/address.js';
import type { Origin } from '../words/names.js';
import { encodeQuestion, parseQuestion } from './question.js';
import { encodeReply, parseReply, type Reply } from './reply.js';

const id = fc.stringMatching(/^[0-9a-f]{16}$/);
const text = fc.string({ maxLength: 60, unit: 'binary' });
const stamp = fc.integer({ min: 0, max: 2 ** 50 });
const from = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/);

const exception = fc.record(
  {
    address: text,
    state: fc.constantFrom('pending' as const, 'refused' as const, 'unknown' as const),
    code: text,
    detail: text,
  },
  { requiredKeys: ['address', 'state'] },
);
const lease = fc.record(
  {
    kind: fc.constantFrom('lease' as const, 'withdrawal' as const, 'sweep' as const),
    origin: text,
    until: fc.oneof(stamp, fc.constantFrom('never' as const, 'default' as const)),
    stampMs: stamp,
    reason: text,
  },
  { requiredKeys: ['kind', 'origin', 'stampMs'] },
);
const ban = fc.record(
  {
    set: text,
    address: text,
    relation: fc.constantFrom('same' as const, 'around' as const, 'inside' as const),
    state: fc.constantFrom('enforced' as const, 'pending' as const, 'over' as const),
    code: text,
    detail: text,
    leases: fc.array(lease, { maxLength: 20 }),
  },
  { requiredKeys: ['set', 'address', 'relation', 'state', 'leases'] },
);
const reply: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({
    ...{ id, from, kind: fc.constantFrom('held' as const, 'gone' as const), count: stamp },
    exceptions: fc.array(exception, { maxLength: 20 }),
  }),
  fc.record(
    {
      ...{ id, from, kind: fc.constant('why' as const), blocked: fc.boolean(), more: stamp },
      protected: fc.record({ address: text, because: text }),
      bans: fc.array(ban, { maxLength: 3 }),
    },
    { requiredKeys: ['id', 'from', 'kind', 'blocked', 'more', 'bans'] },
  ),
);

describe('a reply', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(reply, (one) => {
        const read = parseReply(Buffer.from(encodeReply(one)));
        // Lone surrogates become U+FFFD on their way through UTF-8.
        const written = JSON.parse(Buffer.from(JSON.stringify(one)).toString()) as unknown;
        expect(read).toEqual({ ok: true, value: written });
      }),
    );
  });

  it('of whatever bytes never throws', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.json().map((json) => Buffer.from(json)),
    );
    fc.assert(
      fc.property(bytes, (payload) => {
        expect([true, false]).toContain(parseReply(payload).ok);
        expect([true, false]).toContain(parseQuestion(payload).ok);
      }),
    );
  });
});

describe('a question', () => {
  it('is read as it was written', () => {
    const addresses = fc
      .array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 20 })
      .map((texts) => texts.map((one) => parseAddress(one)))
      .map((all) => all.flatMap((one): Address[] => (one.ok ? [one.value] : [])))
      .filter((all) => all.length > 0);
    const question = fc.record(
      {
        ...{ id, addresses, reply: from.map((client) => `vallumd/reply/${client}`) },
        kind: fc.constantFrom('held' as const, 'gone' as const),
        waitMs: fc.integer({ min: 0, max: 10_000 }),
        origin: fc.constantFrom('web1.sshd' as Origin, 'a' as Origin),
        stampMs: stamp,
      },
      { requiredKeys: ['id', 'addresses', 'reply', 'kind', 'waitMs'] },
    );
    fc.assert(
      fc.property(question, (one) => {
        expect(parseQuestion(Buffer.from(encodeQuestion(one)))).toEqual({ ok: true, value: one });
      }),
    );
  });
});

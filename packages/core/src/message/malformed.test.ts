import { describe, expect, it } from '@jest/globals';
import { parseQuestion } from './question.js';
import { parseReply } from './reply.js';

const ID = '0123456789abcdef';
const head = { v: 1, id: ID, from: 'fw1' };

function bytes(said: object): Buffer {
  return Buffer.from(JSON.stringify(said));
}

describe('an answer that cannot be used is refused: one', () => {
  const lease = { kind: 'lease', origin: 'web1', stampMs: 1 };
  const ban = { set: 's', address: '192.0.2.1', relation: 'same', state: 'enforced', leases: [] };
  const why = { ...head, kind: 'why', blocked: true, bans: [ban] };
  const whyOf = (changed: object) => ({ ...why, bans: [{ ...ban, ...changed }] });
  const whyWith = (changed: object) => whyOf({ leases: [{ ...lease, ...changed }] });
  const held = { ...head, kind: 'held', count: 1, exceptions: [] };

  it.each([
    ['of no version', { ...held, v: undefined }],
    ['without an id', { ...held, id: undefined }],
    ['with an id of another form', { ...held, id: 'ABC' }],
    ['of a node without a name', { ...held, from: '' }],
    ['of a kind that nobody knows', { ...held, kind: 'hold' }],
    ['that counts less than nothing', { ...held, count: -1 }],
    ['that counts in words', { ...held, count: 'one' }],
    ['without exceptions', { ...held, exceptions: undefined }],
    ['with exceptions that are no objects', { ...held, exceptions: [null] }],
    ['with an exception without an address', { ...held, exceptions: [{ state: 'pending' }] }],
    ['with an exception in no state', { ...held, exceptions: [{ address: 'x', state: '' }] }],
    ['with too many exceptions', { ...held, exceptions: Array(1_001).fill({}) }],
    ['with a status that is a list', { ...head, kind: 'status', status: [] }],
    ['without a status', { ...head, kind: 'status' }],
    ['without a total of leases', { ...head, kind: 'leases', addresses: [] }],
    ['without leases', { ...head, kind: 'leases', total: 1 }],
    ['with leases that are no text', { ...head, kind: 'leases', total: 1, addresses: [1] }],
    [
      'with too many leases',
      { ...head, kind: 'leases', total: 1, addresses: Array(1_001).fill('') },
    ],
    ['that blocks perhaps', { ...why, blocked: 'perhaps' }],
    ['that names no bans', { ...why, bans: {} }],
    ['that names fewer than no more bans', { ...why, more: -1 }],
    ['with a ban in no set', whyOf({ set: 7 })],
    ['with a ban of no address', whyOf({ address: undefined })],
    ['with an address longer than any', whyOf({ address: 'a'.repeat(1_025) })],
    ['with a ban that lies nowhere', whyOf({ relation: 'beside' })],
    ['with a ban in no state', whyOf({ state: 'maybe' })],
    ['with leases that are none', whyOf({ leases: 'none' })],
    ['with a lease of no kind', whyWith({ kind: 'claim' })],
    ['with a lease of nobody', whyWith({ origin: undefined })],
    ['with a lease of no moment', whyWith({ stampMs: '1' })],
  ])('%s', (_what, said) => {
    expect(parseReply(bytes(said))).toMatchObject({ ok: false, reason: 'malformed' });
  });

  it('and one of a newer version says so', () => {
    expect(parseReply(bytes({ ...held, v: 2 }))).toMatchObject({ ok: false, reason: 'newer' });
  });

  it('and what is only beside the point is left out of one that can be used', () => {
    const odd = { ...whyWith({ until: 'soon', reason: 7 }), protected: { address: 7 }, extra: 1 };
    expect(parseReply(bytes(odd))).toEqual({
      ok: true,
      value: {
        ...{ id: ID, from: 'fw1', kind: 'why', blocked: true, more: 0 },
        bans: [{ ...ban, leases: [lease] }],
      },
    });
    expect(parseReply(bytes({ ...odd, protected: 'yes' }))).toMatchObject({ ok: true });
  });

  it('and a status, a list of leases and a node that only remembers are read', () => {
    const status = { kind: 'status', status: { state: 'online' } };
    const leases = { kind: 'leases', total: 2, addresses: ['192.0.2.1', '192.0.2.2'] };
    for (const body of [status, leases, { ...held, enforces: false }]) {
      expect(parseReply(bytes({ ...head, ...body }))).toEqual({
        ok: true,
        value: Object.fromEntries(
          Object.entries({ ...head, ...body }).filter(([key]) => key !== 'v'),
        ),
      });
    }
  });
});

describe('a question that cannot be used is refused: one', () => {
  const question = {
    ...{ v: 1, id: ID, reply: 'vallumd/reply/me', kind: 'held', addresses: ['192.0.2.1'] },
  };
  const leases = { ...question, kind: 'leases', addresses: [], origin: 'web1.sshd' };

  it.each([
    ['without an id', { ...question, id: 7 }],
    ['without a topic for the answer', { ...question, reply: undefined }],
    ['that wants the answer elsewhere', { ...question, reply: 'blacklist/add' }],
    ['that wants the answer at everybody', { ...question, reply: 'vallumd/reply/#' }],
    ['of a kind that nobody knows', { ...question, kind: 'toString' }],
    ['of no kind', { ...question, kind: undefined }],
    ['without addresses', { ...question, addresses: undefined }],
    ['of no address', { ...question, addresses: [] }],
    ['of what is no address', { ...question, addresses: ['localhost'] }],
    ['of an address that is no text', { ...question, addresses: [1] }],
    ['with an origin that is none', { ...question, origin: 'a b' }],
    ['with an origin that is no text', { ...question, origin: 7 }],
    ['with a stamp that is none', { ...question, at: 'now' }],
    ['that would wait for ever', { ...question, wait: 1e9 }],
    ['that would wait for less than no time', { ...question, wait: -1 }],
    ['with a part for an offset', { ...leases, offset: 0.5 }],
    ['with an offset beyond all lists', { ...leases, offset: 2 ** 40 }],
    ['to a node without a name', { ...leases, node: 'fw1/#' }],
  ])('%s', (_what, said) => {
    expect(parseQuestion(bytes(said))).toMatchObject({ ok: false, reason: 'malformed' });
  });

  it('and one to a single node, from somewhere on, is read', () => {
    expect(parseQuestion(bytes({ ...leases, offset: 1_000, node: 'fw1' }))).toMatchObject({
      ok: true,
      value: { kind: 'leases', origin: 'web1.sshd', offset: 1_000, node: 'fw1', waitMs: 0 },
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import type { VallumStatus } from '@vallum/core';
import { finding } from '@vallum/doctor';
import { attentionOf } from './node-report.js';

type SetStatus = Record<string, unknown> & { readonly set: string };

const told = (sets: readonly SetStatus[], findings: Parameters<typeof attentionOf>[2] = []) => {
  const ready = { state: 'ready', waiting: 0 };
  const status = {
    connection: 'connected',
    ledgers: [],
    sets: sets.map((set) => ({ ...ready, ...set })),
  };
  return attentionOf(status as unknown as VallumStatus, undefined, findings);
};

const full = finding(
  'critical',
  'room',
  'blacklist',
  '4 of 4 entries: it is full',
  'make it larger',
);
const forbidden = finding('critical', 'permission', 'CAP_NET_ADMIN', 'vallumd lacks it');

describe('what needs a hand', () => {
  it.each([
    [1, '1 ban waits'],
    [2, '2 bans wait'],
    [12_345, '12,345 bans wait'],
  ])('says that %d wait for room', (waiting, said) => {
    expect(told([{ set: 'blacklist', waiting }])).toEqual([
      { level: 'critical', message: `set blacklist is full: ${said} for room` },
    ]);
  });

  it('is one thing where a full set was found full as well, with what to do', () => {
    const almost = finding('warning', 'room', 'blacklist', '3 of 4 entries: nearly full', 'larger');
    const sets = [{ set: 'blacklist', waiting: 2 }, { set: 'mail' }];
    for (const [found, remedy] of [
      [full, 'make it larger'],
      [almost, 'larger'],
    ] as const) {
      expect(told(sets, [found])).toEqual([
        { level: 'critical', message: 'set blacklist is full: 2 bans wait for room', remedy },
      ]);
    }
  });

  it('is what was found of a full set for which no ban waits, and of each other set', () => {
    const other = finding('critical', 'room', 'mail', '9 of 9 entries: it is full', 'larger');
    const sets = [{ set: 'blacklist' }, { set: 'mail', waiting: 3 }];
    expect(told(sets, [full, other]).map(({ message }) => message)).toEqual([
      'set mail is full: 3 bans wait for room',
      'room blacklist: 4 of 4 entries: it is full',
    ]);
  });

  it('is a set that could not be compared, with why and what to do', () => {
    const message =
      'set mail could not be compared, so that what differs in it is not mended: the kernel is busy';
    const remedy = 'vallumd reconcile tries again now, and says what came of it';
    const sets = [{ set: 'blacklist' }, { set: 'mail', uncompared: 'the kernel is busy' }];
    expect(told(sets)).toEqual([{ level: 'warning', message, remedy }]);
  });

  it('is one thing where a permission is refused, however many sets there are', () => {
    const refused = { state: 'permission-denied', detail: 'set cannot be read' };
    const sets = ['blacklist', 'mail'].map((set) => ({ set, ...refused }));
    expect(told(sets)).toHaveLength(2);
    expect(told([...sets, { set: 'gone', state: 'missing', detail: 'gone' }], [forbidden])).toEqual(
      [
        { level: 'critical', message: 'gone' },
        { level: 'critical', message: 'permission CAP_NET_ADMIN: vallumd lacks it' },
      ],
    );
  });
});

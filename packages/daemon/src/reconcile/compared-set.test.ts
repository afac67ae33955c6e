import { expect, it } from '@jest/globals';
import type { ReconcileSummary, VallumStatus } from '@vallum/core';
import { comparedSets, isInStep } from './compared-set.js';

type SetStatus = VallumStatus['sets'][number];

const common = { bans: 3, pending: 0, waiting: 0, refused: 0, refusals: [] };
const status = (set: string, more: object): SetStatus =>
  ({ set, ...common, drift: { added: 90, deleted: 90 }, ...more }) as unknown as SetStatus;
const summary = (set: string, more: Partial<ReconcileSummary>): ReconcileSummary => ({
  ...{ set: set as never, adopted: 1, added: 0, deleted: 0, failed: 0 },
  ...more,
});

it('tells of every set what this comparison has found, and not what any has since the start', () => {
  const compared = comparedSets(
    [
      summary('blacklist', { added: 2, failed: 1, failure: 'out of memory' }),
      summary('blacklist', { added: 1, deleted: 4 }),
    ],
    [
      status('blacklist', { state: 'ready', pending: 1 }),
      status('in-order', { state: 'ready' }),
      status('missing', { state: 'missing', detail: 'set missing does not exist', pending: 3 }),
      status('busy', { state: 'ready', uncompared: 'the kernel is busy' }),
      status('new', { state: 'unknown' }),
    ],
  );
  const nothing = { added: 0, deleted: 0, failed: 0, pending: 0, waiting: 0 };
  expect(compared).toEqual([
    {
      ...{ ...nothing, set: 'blacklist', added: 3, deleted: 4, failed: 1, pending: 1 },
      failure: 'out of memory',
    },
    { ...nothing, set: 'in-order' },
    { ...nothing, set: 'missing', pending: 3, uncompared: 'set missing does not exist' },
    { ...nothing, set: 'busy', uncompared: 'the kernel is busy' },
    { ...nothing, set: 'new', uncompared: 'it was not looked at yet' },
  ]);
  expect(compared.map(isInStep)).toEqual([false, true, false, false, false]);
});

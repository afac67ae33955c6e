import { describe, expect, it } from '@jest/globals';
import { describeStep } from './describe-step.js';

const ready = { set: 'blacklist', state: 'ready', bans: 9, pending: 0, refused: 0 };
const agreeing = [{ ...ready, agrees: true }];

describe('how a node stands to this one', () => {
  it.each([
    [{ sets: agreeing }, 'in step', 'good'],
    [{ sets: [ready] }, 'not known', 'none'],
    [{ sets: [{ ...ready, agrees: false, more: -9 }] }, 'behind by 9 in blacklist', 'bad'],
    [{ sets: [{ ...ready, agrees: false }] }, 'differs in blacklist', 'bad'],
    [{ sets: [{ ...ready, state: 'missing' }] }, 'cannot use blacklist', 'bad'],
  ])('is said in words and by colour: %j', (row, text, tone) => {
    expect(describeStep(row)).toEqual({ text, tone });
  });

  it('does not hide what needs a hand there', () => {
    const withNeeds = (critical: number, warning: number) =>
      describeStep({ sets: agreeing, needs: { critical, warning } });
    expect([withNeeds(0, 0), withNeeds(0, 1), withNeeds(1, 1)]).toEqual([
      { text: 'in step', tone: 'good' },
      { text: 'in step, 1 needs a hand', tone: 'warn' },
      { text: 'in step, 2 need a hand', tone: 'bad' },
    ]);
  });
});

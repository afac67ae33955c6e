import { expect, it } from '@jest/globals';
import { shareAnswer } from './share-answer.js';

function setUp() {
  const asked: { answer: (text: string) => void; fail: (error: Error) => void }[] = [];
  const clock = { now: 0 };
  const share = shareAnswer(
    () =>
      new Promise<string>((answer, fail) => {
        asked.push({ answer, fail });
      }),
    2_000,
    () => clock.now,
  );
  return { asked, clock, share };
}

it('asks once for all who want to know at the same time, and soon after', async () => {
  const { asked, clock, share } = setUp();
  const both = Promise.all([share(), share()]);
  asked[0]!.answer('first');
  expect(await both).toEqual(['first', 'first']);
  clock.now = 1_999;
  expect(await share()).toBe('first');
  clock.now = 2_000;
  const later = share();
  asked[1]!.answer('second');
  expect(await later).toBe('second');
});

it('does not ask a second time while the first question is open, however long it takes', async () => {
  const { asked, clock, share } = setUp();
  const first = share();
  clock.now = 60_000;
  const second = share();
  expect(asked).toHaveLength(1);
  asked[0]!.answer('late');
  expect([await first, await second]).toEqual(['late', 'late']);
});

it('asks again at once where nothing came of it', async () => {
  const { asked, share } = setUp();
  const first = share();
  asked[0]!.fail(new Error('no broker'));
  await expect(first).rejects.toThrow('no broker');
  const second = share();
  asked[1]!.answer('here');
  expect(await second).toBe('here');
});

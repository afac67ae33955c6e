import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../testing/fake-clock.js';
import { AnswerDeadlines } from './answer-deadlines.js';

function start() {
  const clock = createFakeClock();
  const said: number[] = [];
  const deadlines = new AnswerDeadlines(clock, (seconds) => said.push(seconds));
  return { clock, said, deadlines };
}

describe('a backend that does not answer', () => {
  it('is stuck after a second, told of after five, and hangs after a minute', () => {
    const { clock, said, deadlines } = start();
    deadlines.expect();
    clock.advance(500);
    expect(deadlines.isStuck).toBe(false);
    clock.advance(500);
    expect(deadlines.isStuck).toBe(true);
    expect(said).toEqual([]);
    clock.advance(4_000);
    expect(said).toEqual([5]);
    expect(deadlines.hangs).toBe(false);
    clock.advance(55_000);
    expect(deadlines.hangs).toBe(true);
    deadlines.answered();
    expect(deadlines).toMatchObject({ isStuck: false, hangs: false });
  });

  it('is told of again only once it has answered in time', () => {
    const { clock, said, deadlines } = start();
    for (let call = 0; call < 3; call++) {
      deadlines.expect();
      clock.advance(30_000);
      deadlines.answered();
    }
    expect(said).toEqual([5]);
    deadlines.expect();
    deadlines.answered();
    deadlines.expect();
    clock.advance(30_000);
    expect(said).toEqual([5, 5]);
  });

  it('is not blamed for the time of calls that it has answered', () => {
    const { clock, said, deadlines } = start();
    for (let call = 0; call < 40; call++) {
      deadlines.expect();
      clock.advance(900);
      expect(deadlines.isStuck).toBe(false);
      deadlines.answered();
    }
    expect(said).toEqual([]);
    deadlines.expect();
    clock.advance(1_500);
    expect(deadlines.isStuck).toBe(true);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Disturbance } from './disturbances/disturbance.js';
import { planSteps, type Step } from './plan.js';
import { Random } from './random.js';
import { planTraffic } from './traffic.js';

const pace = { durationMs: 120_000, everyMs: [300, 1_500], mostAway: 3, restMs: 500 } as const;
const victims = ['fw1', 'fw2', 'fw3', 'fw4', 'fw5', 'fw6'];

function kind(name: string, more: Partial<Disturbance<string>> = {}): Disturbance<string> {
  const nothing = () => Promise.resolve();
  return { name, lasts: [1, 20], takesAway: true, begin: nothing, end: nothing, ...more };
}

const kinds = [
  ...[kind('one'), kind('rare', { mostOften: 2 }), kind('other', { takesAway: false })],
  kind('picky', { canMeet: (victim) => victim === 'fw3' }),
];

function overlap(one: Step<string>, other: Step<string>): boolean {
  return one.atMs < other.atMs + other.forMs && other.atMs < one.atMs + one.forMs;
}

describe.each([1, 2, 3, 4, 5])('the plan of seed %i', (seed) => {
  const steps = planSteps(new Random(seed), kinds, victims, pace);

  it('is the same for the same seed', () => {
    expect(planSteps(new Random(seed), kinds, victims, pace)).toEqual(steps);
    expect(planTraffic(new Random(seed), 30_000, 0)).toEqual(
      planTraffic(new Random(seed), 30_000, 0),
    );
  });

  it('has every kind, and those that are to be rare no oftener', () => {
    const count = (name: string) => steps.filter((step) => step.disturbance.name === name).length;
    expect(kinds.every(({ name }) => count(name) > 0)).toBe(true);
    expect(count('rare')).toBeLessThanOrEqual(2);
  });

  it('disturbs nobody twice at a time, leaves enough of them, and ends', () => {
    for (const step of steps) {
      const others = steps.filter((other) => other !== step && overlap(step, other));
      expect(others.map(({ victim }) => victim)).not.toContain(step.victim);
      expect(step.atMs + step.forMs).toBeLessThan(pace.durationMs);
      const beside = steps.filter(
        ({ atMs, forMs, disturbance }) =>
          disturbance.takesAway && atMs <= step.atMs && step.atMs < atMs + forMs,
      );
      expect(beside.length).toBeLessThanOrEqual(pace.mostAway);
    }
    const picky = steps.filter(({ disturbance }) => disturbance.name === 'picky');
    expect(picky.every(({ victim }) => victim === 'fw3')).toBe(true);
  });
});

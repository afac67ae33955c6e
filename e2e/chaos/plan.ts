import type { Disturbance } from './disturbances/disturbance.js';
import type { Random } from './random.js';

/** One disturbance of one victim. */
export interface Step<Victim> {
  readonly disturbance: Disturbance<Victim>;
  readonly victim: Victim;
  readonly atMs: number;
  readonly forMs: number;
  readonly dice: number;
}

export interface Pace {
  readonly durationMs: number;
  /** Between the beginnings of two, at least and at most. */
  readonly everyMs: readonly [number, number];
  /** How many victims may be away at a time. */
  readonly mostAway: number;
  /** What begins and ends them takes time of its own. */
  readonly restMs: number;
}

/** Every kind comes before one comes again, one at a time to each victim, and all end in time. */
export function planSteps<Victim>(
  random: Random,
  kinds: readonly Disturbance<Victim>[],
  victims: readonly Victim[],
  { durationMs, everyMs, mostAway, restMs }: Pace,
): Step<Victim>[] {
  const steps: Step<Victim>[] = [];
  let deck: Disturbance<Victim>[] = [];
  for (let atMs = random.between(...everyMs); ; atMs += random.between(...everyMs)) {
    const running = steps.filter((step) => atMs < step.atMs + step.forMs + restMs);
    if (atMs + restMs >= durationMs) return steps;
    if (deck.length === 0) deck = shuffle(random, kinds);
    const away = running.filter(({ disturbance }) => disturbance.takesAway).length;
    const possible = deck.filter(
      ({ takesAway, lasts: [least] }) =>
        (away < mostAway || !takesAway) && atMs + least * 1000 + restMs < durationMs,
    );
    const disturbance = possible[0];
    if (disturbance === undefined) continue;
    const free = victims.filter(
      (victim) =>
        !running.some((step) => step.victim === victim) &&
        (disturbance.canMeet === undefined || disturbance.canMeet(victim)),
    );
    if (free.length === 0) continue;
    deck.splice(deck.indexOf(disturbance), 1);
    const before = steps.filter((step) => step.disturbance === disturbance).length;
    if (before >= (disturbance.mostOften ?? Infinity)) continue;
    const [least, most] = disturbance.lasts;
    const forMs = Math.min(random.between(least * 1000, most * 1000), durationMs - restMs - atMs);
    steps.push({ disturbance, victim: random.pick(free), atMs, forMs, dice: random.next() });
  }
}

function shuffle<Item>(random: Random, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { unbanInCalm } from './calm.js';
import { compare, type Difference } from './compare.js';
import { compareDigests, readDigests } from './digests.js';
import { OF_FIREWALLS, OF_THE_BROKER } from './disturbances/index.js';
import { planSteps, type Step } from './plan.js';
import type { Random } from './random.js';
import type { Site } from './site.js';
import { planTraffic } from './traffic.js';

/** As promised: a minute after the last disturbance all is right. */
const QUIET_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

export interface RoundResult {
  readonly differences: readonly Difference[];
  /** What could not be done, such as starting a program: the test's fault, most probably. */
  readonly troubles: readonly string[];
  readonly quietSeconds: number;
  /** Lines for people: when what happened. */
  readonly story: readonly string[];
}

/** Disturbs for so long, and then waits for quiet to have its effect. */
export async function runRound(
  site: Site,
  random: Random,
  round: number,
  durationMs: number,
): Promise<RoundResult> {
  const { firewalls, publisher } = site;
  const messages = planTraffic(random.fork(), durationMs, round);
  const common = { durationMs, restMs: 1_500 };
  const ofFirewalls = planSteps(random.fork(), OF_FIREWALLS, firewalls, {
    ...{ ...common, everyMs: [300, 1_800], mostAway: 3 },
  });
  const ofTheBroker = planSteps(random.fork(), OF_THE_BROKER, [site], {
    ...{ ...common, everyMs: [6_000, 10_000], mostAway: 1 },
  });
  const story = [
    ...ofFirewalls.map((step) => ({ step: tell(step, step.victim.name), atMs: step.atMs })),
    ...ofTheBroker.map((step) => ({ step: tell(step, 'hub'), atMs: step.atMs })),
  ];
  const troubles: string[] = [];
  const note = (what: string) => (error: unknown) => {
    troubles.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  };
  await unbanInCalm(site, round).catch(note('the calm'));
  const begun = performance.now();
  const until = (atMs: number) => sleep(Math.max(0, begun + atMs - performance.now()));
  const take = async <Victim>(step: Step<Victim>, victim: string) => {
    const { disturbance, atMs, forMs, dice } = step;
    await until(atMs);
    try {
      await disturbance.begin(step.victim, dice);
      await until(atMs + forMs);
      await disturbance.end(step.victim);
    } catch (error) {
      note(tell(step, victim))(error);
    }
  };
  const talk = async () => {
    for (const { atMs, ...message } of messages) {
      await until(atMs);
      publisher.send(message);
    }
  };
  await Promise.all([
    ...ofFirewalls.map((step) => take(step, step.victim.name)),
    ...ofTheBroker.map((step) => take(step, 'the broker')),
    talk(),
  ]);
  await publisher.allSent();
  const quietBegun = performance.now();
  let differences = await lookAtAll(site);
  const course: string[] = [];
  while (differences.length > 0 && performance.now() - quietBegun < QUIET_MS) {
    course.push(tellCourse(differences, performance.now() - quietBegun));
    await sleep(LOOK_EVERY_MS);
    differences = await lookAtAll(site);
  }
  return {
    ...{ differences, troubles },
    quietSeconds: (performance.now() - quietBegun) / 1000,
    story: [
      ...story.sort((one, other) => one.atMs - other.atMs).map(({ step }) => step),
      ...course,
    ],
  };
}

/** What is wrong now. */
async function lookAtAll(site: Site): Promise<Difference[]> {
  const nodes = site.firewalls.map(({ name }) => name);
  const digests = await readDigests(site.hub.broker.port, nodes);
  return [...(await lookAtSets(site)), ...compareDigests(digests)];
}

export async function lookAtSets({ firewalls, model }: Site): Promise<Difference[]> {
  const sights = await Promise.all(firewalls.map((firewall) => firewall.look()));
  return compare(model, sights, Date.now() / 1000);
}

function tell<Victim>({ disturbance, atMs, forMs, dice }: Step<Victim>, victim: string): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const what = [disturbance.name, disturbance.choice?.(dice)].filter((part) => part !== undefined);
  return `${seconds(atMs)} s: ${what.join(' ')}, ${victim}, for ${seconds(forMs)} s`;
}

/** `3.0 s of quiet: wrong are 12 at fw2, 1 at fw7` */
function tellCourse(differences: readonly Difference[], afterMs: number): string {
  const counts = new Map<string, number>();
  for (const { node } of differences) counts.set(node, (counts.get(node) ?? 0) + 1);
  const all = [...counts].map(([node, count]) => `${String(count)} at ${node}`);
  return `${(afterMs / 1000).toFixed(1)} s of quiet: wrong are ${all.join(', ')}`;
}

/**
 * What publishers ask for: bans, prolongs, unbans by origin and sweeps.
 *
 * Stamped operations may come in any order, late and twice, so anything is asked for of `LASTING`
 * addresses. Of `ENDING` ones, whose bans end while the test runs, nothing comes late: a withdrawal is
 * remembered until what it ended would have ended by itself, and what is older and comes later than
 * that is news.
 *
 * A bare operation is stamped by each node as it reads it, and a node that was away reads it later than
 * an answer to it that it hears from its neighbours. So amid the disturbances each bare ban has an
 * address of its own, of which nothing else is ever said; what is right is that it is banned. Bare
 * unbans are made in the calm before them (calm.ts), once every firewall has what they are to end.
 */
import type { Random } from './random.js';

/** An operation as it is planned; its times are counted from the moment it is sent. */
export interface Wish {
  readonly action: 'ban' | 'unban';
  readonly address: string;
  /** '': anonymous. */
  readonly origin: string;
  /** How long ago it was asked for; undefined: bare, it carries no stamp. */
  readonly agoMs: number | undefined;
  /** Of a ban, seconds from when it is sent. */
  readonly lastsSeconds: number;
}

export type Way = 'transport' | 'mosquitto_pub' | 'vallum-pub';

/** One message, all of whose wishes are of one action. */
export interface PlannedMessage {
  readonly atMs: number;
  readonly way: Way;
  readonly json: boolean;
  readonly wishes: readonly Wish[];
}

const ORIGINS = ['web1.sshd', 'web2.sshd', 'ids1', 'honeypot', ''];

const LASTING = [
  ...numbered(40, (number) => `192.0.2.${String(number)}`),
  ...numbered(12, (number) => `2001:db8::${number.toString(16)}`),
  ...numbered(6, (number) => `198.18.${String(number)}.0/24`),
  // Of these some nodes protect some.
  ...numbered(8, (number) => `203.0.113.${String(number)}`),
];
const ENDING = numbered(24, (number) => `192.0.2.${String(100 + number)}`);

function numbered(count: number, name: (number: number) => string): string[] {
  return Array.from({ length: count }, (_, index) => name(index + 1));
}

/** @param round of different rounds, bare bans have different addresses; after 64 they come again */
export function planTraffic(random: Random, durationMs: number, round: number): PlannedMessage[] {
  const messages: PlannedMessage[] = [];
  let fresh = 0;
  const nextFresh = () => {
    fresh += 1;
    return `100.${String(64 + (round % 64))}.${String(fresh >> 8)}.${String(fresh & 255)}`;
  };
  for (let atMs = 0; atMs < durationMs; atMs += random.between(40, 160)) {
    messages.push({ atMs, ...planMessage(random, nextFresh) });
  }
  return messages;
}

function planMessage(random: Random, nextFresh: () => string): Omit<PlannedMessage, 'atMs'> {
  // vallum-pub writes its own stamp, which the model does not see: a ban that nobody answers.
  if (random.chance(0.02)) {
    const ban = { ...planBan(random, nextFresh()), origin: random.pick(ORIGINS.slice(0, -1)) };
    return { way: 'vallum-pub', json: false, wishes: [ban] };
  }
  const way = random.chance(0.25) ? 'mosquitto_pub' : 'transport';
  const json = random.chance(0.2);
  const size = random.chance(0.8) ? 1 : random.between(2, 6);
  const repeat = (wish: () => Wish) => Array.from({ length: size }, wish);
  if (random.chance(0.12)) {
    return { way, json, wishes: repeat(() => planBareBan(random, nextFresh())) };
  }
  // Of two that differ in nothing but their ends, the later end counts.
  if (random.chance(0.05)) {
    const ban = planBan(random, random.pick(LASTING));
    return { way, json, wishes: [ban, { ...ban, lastsSeconds: planEnd(random) }] };
  }
  const action = random.chance(0.6) ? 'ban' : 'unban';
  return { way, json, wishes: repeat(() => planStamped(random, action)) };
}

function planStamped(random: Random, action: 'ban' | 'unban'): Wish {
  if (random.chance(0.25)) {
    const address = random.pick(ENDING);
    return action === 'ban'
      ? { ...planBan(random, address), agoMs: 0, lastsSeconds: random.between(5, 25) }
      : { ...planUnban(random, address), agoMs: 0 };
  }
  const address = random.pick(LASTING);
  return action === 'ban' ? planBan(random, address) : planUnban(random, address);
}

function planBan(random: Random, address: string): Wish {
  const lastsSeconds = planEnd(random);
  return {
    ...{ action: 'ban', address, origin: random.pick(ORIGINS) },
    ...{ agoMs: planDelay(random), lastsSeconds },
  };
}

function planBareBan(random: Random, address: string): Wish {
  return {
    ...{ action: 'ban', address, origin: '', agoMs: undefined },
    lastsSeconds: random.chance(0.5) ? Infinity : 86_400,
  };
}

function planUnban(random: Random, address: string): Wish {
  const agoMs = planDelay(random);
  return { action: 'unban', address, origin: random.pick(ORIGINS), agoMs, lastsSeconds: 0 };
}

function planEnd(random: Random): number {
  return random.chance(0.4) ? Infinity : random.between(600, 86_400);
}

function planDelay(random: Random): number {
  return random.chance(0.8) ? 0 : random.between(0, 10_000);
}

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { bringInStep, type Changes } from './bring-in-step.js';
import { findDifference } from './difference.js';
import { formatState, parseState, stateOfNodes, type SyncState } from './sync-state.js';

const TTL = 3_600;

/** The leases of one origin as every node keeps them: the later stamp counts. */
class Fleet {
  readonly #registers = new Map<string, { stamp: number; end: number }>();

  take(address: string, stamp: number, end: number): void {
    const before = this.#registers.get(address);
    if (before !== undefined && before.stamp > stamp) return;
    this.#registers.set(address, { stamp, end });
  }

  live(nowMs: number): string[] {
    return [...this.#registers]
      .filter(([, { end }]) => end > nowMs / 1000)
      .map(([address]) => address)
      .sort();
  }
}

class Crash extends Error {}

/** Everything that may go wrong in one sync: the step at which it dies, or messages that fail. */
interface Fate {
  /** Dies at this step, of saves and messages; beyond the last one: not at all. */
  readonly diesAt: number;
  /** Whether what it died at had its effect. */
  readonly after: boolean;
  /** From this message on the broker confirms nothing. */
  readonly unconfirmedFrom: number;
  /** Whether what was not confirmed arrived all the same. */
  readonly arrives: boolean;
}

const NO_HARM: Fate = { diesAt: Infinity, after: false, unconfirmedFrom: Infinity, arrives: false };

class World {
  readonly fleet = new Fleet();
  #disk: string | undefined;
  nowMs = 1_795_420_000_000;

  get state(): SyncState | undefined {
    if (this.#disk === undefined) return undefined;
    const state = parseState(this.#disk);
    if (state === undefined) throw new Error('the state cannot be read again');
    return state;
  }

  /** The state folder is lost, or another machine takes over the feed. */
  forget(): void {
    this.#disk = undefined;
    // Of stamps that lie ahead of its clock nobody tells it: here it has gone back by minutes at most.
    this.nowMs += 300_000;
  }

  /** @returns whether it came to its end, with everything confirmed */
  async sync(wanted: readonly string[], fate: Fate = NO_HARM, broker = 'a'): Promise<boolean> {
    let steps = 0;
    const stepOf = (effect: () => void) => {
      const dies = steps++ === fate.diesAt;
      if (!dies || fate.after) effect();
      if (dies) throw new Crash();
    };
    const nowSeconds = Math.floor(this.nowMs / 1000);
    const before = this.state ?? stateOfNodes(broker, this.fleet.live(this.nowMs), nowSeconds);
    const difference = findDifference(before.leased, wanted, {
      nowSeconds,
      ttlSeconds: TTL,
    });
    const step = { before, broker, difference, size: wanted.length, validators: undefined };
    try {
      return await bringInStep(
        { ...step, nowMs: this.nowMs, ttlSeconds: TTL },
        {
          save: (state) => {
            stepOf(() => (this.#disk = formatState(state)));
          },
          send: (changes, confirmed) => {
            let sent = 0;
            for (const [action, message] of messagesOf(changes)) {
              const isConfirmed = sent++ < fate.unconfirmedFrom;
              stepOf(() => {
                if (!isConfirmed && !fate.arrives) return;
                const end = action === 'ban' ? changes.end : 0;
                for (const address of message) this.fleet.take(address, changes.stampMs, end);
              });
              if (isConfirmed) confirmed(action, message);
            }
            return Promise.resolve();
          },
        },
      );
    } catch (error) {
      if (error instanceof Crash) return false;
      throw error;
    }
  }
}

function* messagesOf({ bans, withdrawals }: Changes): Generator<['ban' | 'unban', string[]]> {
  for (const [action, addresses] of [
    ['ban', bans],
    ['unban', withdrawals],
  ] as const) {
    for (let at = 0; at < addresses.length; at += 2) yield [action, addresses.slice(at, at + 2)];
  }
}

const anyAddresses = fc
  .uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 9 })
  .map((hosts) => hosts.map((host) => `192.0.2.${host.toString()}`).sort());
const anyStep = fc.option(fc.nat(8), { nil: Infinity });
const anyFate: fc.Arbitrary<Fate> = fc.record({
  diesAt: anyStep,
  after: fc.boolean(),
  unconfirmedFrom: anyStep,
  arrives: fc.boolean(),
});
/** A list, what happens to its sync, and how long until the next: the clock may also go back. */
const anyRound = fc.record({
  wanted: anyAddresses,
  fate: anyFate,
  passesMs: fc.integer({ min: -30_000, max: 1_500 * TTL }),
  forgets: fc.boolean(),
});

describe('keeping a list in step', () => {
  it('ends in what the last list says, whatever was cut off before, and what was forgotten', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRound, { maxLength: 8 }), anyAddresses, async (rounds, last) => {
        const world = new World();
        for (const { wanted, fate, passesMs, forgets } of rounds) {
          const inStep = await world.sync(wanted, fate);
          if (inStep) expect(world.fleet.live(world.nowMs)).toEqual(wanted);
          // What may be leased is known: else nobody could ever withdraw it.
          // Where nothing is remembered, the nodes know it.
          const known = world.state?.leased;
          for (const address of known === undefined ? [] : world.fleet.live(world.nowMs))
            expect(known?.has(address)).toBe(true);
          world.nowMs += passesMs;
          if (forgets) world.forget();
        }
        expect(await world.sync(last)).toBe(true);
        expect(world.fleet.live(world.nowMs)).toEqual(last);
        expect([...(world.state?.leased.keys() ?? [])].sort()).toEqual(last);
        // And then there is nothing left to do.
        const state = JSON.stringify([...(world.state?.leased ?? [])]);
        expect(await world.sync(last, { ...NO_HARM, diesAt: 0 })).toBe(true);
        expect(JSON.stringify([...(world.state?.leased ?? [])])).toBe(state);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never lets a ban lapse that stays in the list and is looked at in time', async () => {
    const anyGaps = fc.array(fc.integer({ min: 1_000, max: 500 * TTL - 1_000 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(anyGaps, async (gaps) => {
        const world = new World();
        for (const gap of gaps) {
          await world.sync(['192.0.2.1', '192.0.2.2']);
          world.nowMs += gap;
          expect(world.fleet.live(world.nowMs)).toEqual(['192.0.2.1', '192.0.2.2']);
        }
      }),
    );
  });

  it('lets everything fade away within the ttl when nobody looks any more', async () => {
    const world = new World();
    await world.sync(['192.0.2.1']);
    world.nowMs += TTL * 1_000;
    expect(world.fleet.live(world.nowMs)).toEqual([]);
  });
});

describe('the difference', () => {
  const now = 1_795_420_000;
  const difference = (leased: Record<string, number>, wanted: string[], ttlSeconds = 1_000) =>
    findDifference(new Map(Object.entries(leased)), wanted, { nowSeconds: now, ttlSeconds });

  it('renews from half of the time on, and what would last longer than it may', () => {
    const leased = { fresh: now + 501, half: now + 500, long: now + 1_061, slack: now + 1_060 };
    expect(difference(leased, Object.keys(leased))).toEqual({
      added: [],
      renewed: ['half', 'long'],
      withdrawn: [],
      unchanged: 2,
    });
  });

  it('adds what is over or unsure, and withdraws whatever may be there', () => {
    const leased = { over: now, unsure: 0, live: now + 1 };
    expect(difference(leased, ['over', 'unsure'])).toMatchObject({
      added: ['over', 'unsure'],
      withdrawn: ['live'],
    });
    expect(difference(leased, []).withdrawn).toEqual(['over', 'unsure', 'live']);
  });
});

describe('a state', () => {
  const state: SyncState = {
    broker: 'localhost:1883',
    stampMs: 1_795_420_000_123,
    size: 2,
    validators: { key: '["u"]', etag: 'W/"1"' },
    leased: new Map([
      ['192.0.2.7', 1_795_500_000],
      ['2001:db8::/48', 0],
      ['192.0.2.8', 1_795_500_000],
    ]),
  };

  it('is read as it was written', () => {
    const read = parseState(formatState(state));
    expect(read).toEqual(state);
    expect(parseState(formatState({ ...state, leased: new Map() }))?.leased.size).toBe(0);
  });

  it('is not taken where a part of it is missing or another', () => {
    const text = formatState(state);
    for (let length = 0; length < text.length; length++) {
      expect(parseState(text.slice(0, length))).toBeUndefined();
    }
    expect(parseState(text.replace('sync 1', 'sync 2'))).toBeUndefined();
    expect(parseState(text.replace('192.0.2.8', '192.0.2.7'))).toBeUndefined();
    expect(parseState(text.replace('@1795500000', '@x'))).toBeUndefined();
  });
});

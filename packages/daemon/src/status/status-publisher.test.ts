import { describe, it, expect } from '@jest/globals';
import { VallumError, type OutgoingMessage, type VallumStatus } from '@vallum/core';
import { createFakeClock } from '@vallum/core/testing';
import type { StatusFacts } from './node-status.js';
import { lastWill } from './status-messages.js';
import { StatusPublisher } from './status-publisher.js';

type SetOf = VallumStatus['sets'][number];

function setUp(publish: (message: OutgoingMessage) => Promise<void> = () => Promise.resolve()) {
  const clock = createFakeClock();
  const sent: OutgoingMessage[] = [];
  const warnings: string[] = [];
  const world = {
    connection: 'connected' as VallumStatus['connection'],
    bans: 0,
    lagMs: undefined as number | undefined,
    waiting: 0,
    state: { state: 'unknown' } as Pick<SetOf, 'state'> & object,
    contact: { received: {}, missed: [] } as StatusFacts['contact'],
    addresses: ['192.0.2.10'],
    attention: [] as { level: 'critical' | 'warning' | 'unknown' }[],
    isThere: true,
  };
  const status = new StatusPublisher({
    ...{ node: 'fw1', version: '1.2.3', since: 1_700_000_000 },
    publish: (message) => {
      sent.push(message);
      return publish(message);
    },
    read: () =>
      world.isThere
        ? {
            status: {
              connection: world.connection,
              sets: [
                {
                  ...world.state,
                  ...{ set: 'blacklist', bans: world.bans, pending: 0, refused: 0 },
                  ...{ drift: { added: 0, deleted: 0 }, waiting: world.waiting, refusals: [] },
                } as unknown as SetOf,
              ],
              ledgers: [],
              ...(world.lagMs === undefined ? {} : { lagMs: world.lagMs }),
            },
            ...{ contact: world.contact, backend: 'ipset', addresses: world.addresses },
            ...{ attention: world.attention, digests: new Map([['blacklist', '00aa']]) },
          }
        : undefined,
    ...{ clock, random: () => 0.5 },
    forbidden: (sentence) => warnings.push(sentence),
  });
  const payloads = () =>
    sent.map(({ payload }) => JSON.parse(payload as string) as Record<string, unknown>);
  const last = () => payloads().at(-1);
  return { clock, sent, warnings, world, status, payloads, last };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the status of a node', () => {
  it('says that it is up, retained, on its own topic, for a month', () => {
    const { status, sent, clock, payloads } = setUp();
    status.connected();
    expect(sent[0]).toMatchObject({
      ...{ topic: 'vallumd/fw1', retain: true, qos: 1, expirySeconds: 2_592_000 },
    });
    const now = Math.floor(clock.nowMs() / 1000);
    expect(payloads()[0]).toEqual({
      ...{ state: 'online', node: 'fw1', version: '1.2.3', since: 1_700_000_000 },
      ...{ connected: now, at: now, backend: 'ipset', addresses: ['192.0.2.10'] },
      needs: { critical: 0, warning: 0 },
      sets: [
        {
          ...{ set: 'blacklist', state: 'unknown', bans: 0, pending: 0, refused: 0 },
          ...{ drift: { added: 0, deleted: 0 }, digest: '00aa' },
        },
      ],
    });
  });

  it('has a last will that says who it was, and since when it was connected', () => {
    const head = { node: 'fw1', version: '1.2.3', since: 7 };
    expect(JSON.parse(lastWill(head, 9))).toEqual({ state: 'offline', ...head, connected: 9 });
  });

  it('goes on when the clock is set back by hours', () => {
    const { status, world, clock, sent } = setUp();
    clock.step(7_200_000);
    status.connected();
    clock.step(-7_200_000);
    world.bans += 1;
    status.counted();
    clock.advance(30_000);
    expect(sent).toHaveLength(2);
  });

  it('is confirmed on each connection the first time and the last, and not in between', async () => {
    const { status, world, clock, sent } = setUp();
    for (let connection = 0; connection < 2; connection += 1) {
      status.connected();
      for (let change = 0; change < 2; change += 1) {
        world.bans += 1;
        status.counted();
        clock.advance(30_000);
      }
    }
    await status.stop();
    expect(sent.map(({ qos }) => qos)).toEqual([1, 0, 0, 1, 0, 0, 1]);
    expect(sent.every(({ retain }) => retain)).toBe(true);
  });

  it('tells numbers every 30 s at most, and the last of them within 30 s', () => {
    const { status, world, clock, sent, last } = setUp();
    status.connected();
    // A hundred seconds of a ban every 100 ms.
    for (let ban = 0; ban < 1_000; ban += 1) {
      world.bans += 1;
      status.counted();
      clock.advance(100);
    }
    expect(sent).toHaveLength(1 + 3);
    clock.advance(30_000);
    expect(last()).toMatchObject({ sets: [{ bans: 1_000 }] });
    expect(sent).toHaveLength(1 + 4);
    clock.advance(3_600_000);
    expect(sent).toHaveLength(1 + 4);
  });

  it('tells the first change after a rest in a moment, with what comes of it', () => {
    const { status, world, clock, sent, last } = setUp();
    status.connected();
    clock.advance(60_000);
    world.bans = 1;
    status.counted();
    clock.advance(999);
    expect(sent).toHaveLength(1);
    world.bans = 2;
    status.counted();
    clock.advance(4_001);
    expect(sent).toHaveLength(2);
    expect(last()).toMatchObject({ sets: [{ bans: 2 }] });
  });

  it('says nothing where nothing has changed, nor for what changes by itself', () => {
    const { status, world, clock, sent } = setUp();
    world.lagMs = 3;
    status.connected();
    world.lagMs = 4;
    for (let look = 0; look < 360; look += 1) {
      status.changed();
      status.counted();
      clock.advance(10_000);
    }
    expect(sent).toHaveLength(1);
    world.lagMs = 4_000;
    status.changed();
    clock.advance(30_000);
    expect(sent).toHaveLength(2);
  });

  it.each<[string, (world: ReturnType<typeof setUp>['world']) => void]>([
    ['a set that is missing', (world) => (world.state = { state: 'missing' })],
    ['a set that is full', (world) => (world.waiting = 1)],
    ['something that needs a hand', (world) => (world.attention = [{ level: 'warning' }])],
    ['another address', (world) => (world.addresses = ['192.0.2.11'])],
    [
      'messages that were missed',
      (world) => {
        const missed = [{ why: 'session', from: 1, until: 2, taken: 0 }] as const;
        world.contact = { received: {}, missed };
      },
    ],
  ])('tells of %s at once, and when it is over', (_what, happen) => {
    const { status, world, clock, sent } = setUp();
    const before = { ...world };
    status.connected();
    clock.advance(5_000);
    happen(world);
    status.changed();
    clock.advance(200);
    expect(sent).toHaveLength(2);
    clock.advance(5_000);
    Object.assign(world, before);
    status.changed();
    clock.advance(200);
    expect(sent).toHaveLength(3);
  });

  it('tells at once of a set that no rule refers to any more, not of how many do', () => {
    const { status, world, clock, last, sent } = setUp();
    const ready = (references: number) =>
      ({ state: 'ready', info: { type: 'hash:net', references } }) as never;
    world.state = ready(2);
    status.connected();
    clock.advance(5_000);
    world.state = ready(1);
    status.changed();
    clock.advance(1_000);
    expect(sent).toHaveLength(1);
    world.state = ready(0);
    status.changed();
    clock.advance(1_000);
    expect(last()).toMatchObject({ sets: [{ references: 0 }] });
  });

  it('goes before numbers that wait for their turn, and takes them along', () => {
    const { status, world, clock, sent, last } = setUp();
    status.connected();
    world.bans = 5;
    status.counted();
    world.waiting = 2;
    status.changed();
    clock.advance(1_000);
    expect(sent).toHaveLength(2);
    expect(last()).toMatchObject({ sets: [{ bans: 5, waiting: 2 }] });
    clock.advance(60_000);
    expect(sent).toHaveLength(2);
  });

  it('is no flood, whatever comes and goes', () => {
    const { status, world, clock, sent } = setUp();
    status.connected();
    for (let change = 0; change < 100; change += 1) {
      world.waiting = change % 2;
      status.changed();
      clock.advance(100);
    }
    expect(sent.length).toBeLessThanOrEqual(1 + 10);
  });

  it('is renewed once a day, so that the broker does not forget it', () => {
    const { status, clock, sent, payloads } = setUp();
    status.connected();
    clock.advance(3 * 86_400_000);
    expect(sent).toHaveLength(1 + 3);
    expect(payloads()[3]).toMatchObject({ at: Math.floor(clock.nowMs() / 1000) });
  });

  it('is said again after a reconnection, over the last will', () => {
    const { status, payloads } = setUp();
    status.connected();
    status.connected();
    expect(payloads()).toHaveLength(2);
  });

  it('is not said while there is no broker, nor before there is anything to say', async () => {
    const { status, world, clock, sent } = setUp();
    world.connection = 'disconnected';
    status.changed();
    status.counted();
    clock.advance(60_000);
    world.connection = 'connected';
    world.isThere = false;
    status.connected();
    await status.stop();
    expect(sent).toEqual([]);
  });

  it('says at the end that it was on purpose, and nothing after that', async () => {
    const { status, clock, payloads } = setUp();
    await status.stop();
    status.changed();
    status.counted();
    clock.advance(60_000);
    expect(payloads()).toMatchObject([{ state: 'stopped', node: 'fw1' }]);
  });

  it('does not wait long for the broker at the end', async () => {
    const { status, clock } = setUp(() => new Promise(() => undefined));
    let ended = false;
    const stopping = status.stop().then(() => (ended = true));
    clock.advance(1_999);
    await settle();
    expect(ended).toBe(false);
    clock.advance(1);
    await stopping;
    expect(ended).toBe(true);
  });

  it('warns once where the broker forbids it', async () => {
    const { status, warnings } = setUp(() =>
      Promise.reject(new VallumError('not authorized', { code: 'BROKER_REFUSED', operation: 'x' })),
    );
    status.connected();
    await settle();
    status.connected();
    await settle();
    expect(warnings).toEqual([
      'the broker does not let this node publish its status on vallumd/fw1; allow it there (mosquitto: topic write vallumd/fw1), or give --no-status. Bans work all the same: not authorized',
    ]);
  });

  it('leaves a lost connection to those who watch it', async () => {
    const { status, warnings } = setUp(() =>
      Promise.reject(new VallumError('gone', { code: 'BROKER_UNREACHABLE', operation: 'x' })),
    );
    status.connected();
    await settle();
    expect(warnings).toEqual([]);
  });

  it('does not wait on a new connection for the turn that it had on the last', () => {
    const { status, world, sent } = setUp();
    status.connected();
    world.bans = 1;
    status.counted();
    expect(sent).toHaveLength(1);
    status.connected();
    expect(sent).toHaveLength(2);
  });

  it('tells when messages came, and when some were missed', () => {
    const { status, world, payloads } = setUp();
    status.connected();
    expect(payloads()[0]).not.toHaveProperty('missed');
    const missed = [{ why: 'session', from: 1, until: 2, taken: 0 }] as const;
    world.contact = { received: { blacklist: 1_795_420_020 }, missed };
    status.connected();
    expect(payloads()[1]).toMatchObject({ received: { blacklist: 1_795_420_020 }, missed });
  });
});

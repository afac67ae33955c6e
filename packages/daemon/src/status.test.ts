import { describe, it, expect } from '@jest/globals';
import { VallumError, type OutgoingMessage, type VallumStatus } from '@vallum/core';
import { createFakeClock } from '@vallum/core/testing';
import type { ContactRecord } from './contact/contact-record.js';
import { StatusPublisher } from './status.js';

function setUp(publish: (message: OutgoingMessage) => Promise<void> = () => Promise.resolve()) {
  const clock = createFakeClock();
  const sent: OutgoingMessage[] = [];
  const warnings: string[] = [];
  const world = {
    connection: 'connected' as VallumStatus['connection'],
    bans: 0,
    contact: { received: {}, missed: [] } as Pick<ContactRecord, 'received' | 'missed'>,
  };
  const status = new StatusPublisher({
    node: 'fw1',
    version: '1.2.3',
    publish: (message) => {
      sent.push(message);
      return publish(message);
    },
    read: () => ({
      connection: world.connection,
      sets: [
        {
          ...{
            set: 'blacklist' as never,
            state: 'unknown',
            bans: world.bans,
            pending: 0,
            refused: 0,
          },
          drift: { added: 0, deleted: 0 },
          ...{ waiting: 0, refusals: [] },
        },
      ],
      ledgers: [],
    }),
    contact: () => world.contact,
    clock,
    forbidden: (sentence) => warnings.push(sentence),
  });
  const payloads = () =>
    sent.map(({ payload }) => JSON.parse(payload as string) as Record<string, unknown>);
  return { clock, sent, warnings, world, status, payloads };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('StatusPublisher', () => {
  it('says that the node is up, retained, on its own topic', () => {
    const { status, sent, payloads } = setUp();
    status.connected();
    expect(sent[0]).toMatchObject({ topic: 'vallumd/fw1', retain: true, qos: 1 });
    expect(payloads()[0]).toMatchObject({
      state: 'online',
      node: 'fw1',
      version: '1.2.3',
      sets: [{ set: 'blacklist', state: 'unknown', bans: 0, pending: 0 }],
    });
  });

  it('goes on when the clock is set back by hours', async () => {
    const { status, world, clock, sent } = setUp();
    clock.step(7_200_000);
    status.connected();
    clock.step(-7_200_000);
    world.bans += 1;
    status.changed();
    clock.advance(3_000);
    await settle();
    expect(sent).toHaveLength(2);
  });

  it('has each connection confirm the first status and the last, and none in between', async () => {
    const { status, world, clock, sent } = setUp();
    for (let connection = 0; connection < 2; connection += 1) {
      status.connected();
      for (let change = 0; change < 2; change += 1) {
        world.bans += 1;
        status.changed();
        clock.advance(3_000);
      }
    }
    await status.stop();
    expect(sent.map(({ qos }) => qos)).toEqual([1, 0, 0, 1, 0, 0, 1]);
    expect(sent.every(({ retain }) => retain)).toBe(true);
  });

  it('gathers changes for some seconds and says only what is new', () => {
    const { status, world, clock, payloads } = setUp();
    status.connected();
    status.changed();
    clock.advance(3_000);
    expect(payloads()).toHaveLength(1);
    for (world.bans = 1; world.bans < 100; world.bans += 1) status.changed();
    clock.advance(3_000);
    // The first change at once, the other 98 together.
    expect(payloads()).toHaveLength(3);
    expect(payloads()[2]).toMatchObject({ sets: [{ bans: 100 }] });
  });

  it('says it again after a reconnection, over the last will', () => {
    const { status, payloads } = setUp();
    status.connected();
    status.connected();
    expect(payloads()).toHaveLength(2);
  });

  it('says nothing while there is no broker', async () => {
    const { status, world, sent } = setUp();
    world.connection = 'disconnected';
    status.changed();
    await status.stop();
    expect(sent).toEqual([]);
  });

  it('says at the end that it was on purpose, and nothing after that', async () => {
    const { status, payloads } = setUp();
    await status.stop();
    status.changed();
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
    status.changed();
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

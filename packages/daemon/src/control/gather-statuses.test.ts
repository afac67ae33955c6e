import { expect, it } from '@jest/globals';
import { createFakeClock, createMemoryBroker } from '@vallum/core/testing';
import { lastWill, statusMessage } from '../status/status-messages.js';
import { gatherStatuses } from './gather-statuses.js';

const head = { node: 'gone', version: '1.2.3', since: 1 };
const online = (node: string) => JSON.stringify({ state: 'online', node, version: '1.2.3' });

async function setUp() {
  const clock = createFakeClock();
  const broker = createMemoryBroker({ clock });
  const publisher = broker.transport('publisher');
  publisher.open({ message: () => Promise.resolve(), connection: () => undefined });
  await broker.settled();
  const gather = (protocolVersion: 4 | 5 = 5) =>
    gatherStatuses(() => broker.transport('fw1-fleet', { cleanStart: true, protocolVersion }), 100);
  return { clock, publisher, gather };
}

it('tells of each node what the broker keeps, and for how long it has', async () => {
  const { clock, publisher, gather } = await setUp();
  await publisher.publish(statusMessage('up', online('up'), 1));
  clock.advance(60_000);
  await publisher.publish(statusMessage('gone', lastWill(head, 5), 1));
  clock.advance(30_000);
  await publisher.publish(statusMessage('stopped', '{"state":"stopped"}', 1));
  clock.advance(1_000);
  expect([...(await gather())].sort()).toEqual([
    ['gone', { state: 'offline', version: '1.2.3', ageSeconds: 31 }],
    ['stopped', { state: 'stopped', ageSeconds: 1 }],
    ['up', { state: 'online', version: '1.2.3', ageSeconds: 91 }],
  ]);
});

it('knows no age where the broker does not tell it, or where it does not count', async () => {
  const { clock, publisher, gather } = await setUp();
  const topic = 'vallumd/old';
  await publisher.publish({ topic, payload: '{"state":"offline"}', retain: true });
  await publisher.publish({
    ...{ topic: 'vallumd/longer', payload: '{"state":"offline"}', retain: true },
    expirySeconds: 1_000_000_000,
  });
  clock.advance(60_000);
  await publisher.publish(statusMessage('new', online('new'), 1));
  const found = await gather();
  expect([...found.keys()].sort()).toEqual(['longer', 'new', 'old']);
  expect([...found.values()].every((one) => !('ageSeconds' in one))).toBe(true);
  clock.advance(60_000);
  expect((await gather(4)).get('new')).not.toHaveProperty('ageSeconds');
  expect((await gather(5)).get('new')).toHaveProperty('ageSeconds', 60);
});

it('takes for a status only what is one', async () => {
  const { publisher, gather } = await setUp();
  const bad = [
    'nonsense',
    '[]',
    '{"state":"fine"}',
    `{"state":"online","x":"${'y'.repeat(70_000)}"}`,
  ];
  for (const [at, payload] of bad.entries()) {
    await publisher.publish({ topic: `vallumd/n${at.toString()}`, payload, retain: true });
  }
  const version = 'v'.repeat(65);
  await publisher.publish(statusMessage('long', JSON.stringify({ state: 'online', version }), 1));
  expect([...(await gather())]).toEqual([['long', { state: 'online' }]]);
});

import { expect, it } from '@jest/globals';
import { startEngine } from './engine.fixture.js';

const one = { set: 'one', type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 } as const;
const HOURS_MS = 7_200_000;

it('a ban that had ended by a clock that was ahead is in the set again once the clock is right', async () => {
  const engine = await startEngine([one]);
  const now = engine.clock.nowMs();
  const until = (seconds: number) => String(Math.floor(now / 1000) + seconds);
  // The shorter one is remembered for as long as the longer one would have lasted.
  await engine.send('one', `192.0.2.7 until ${until(9_000)} origin a at ${String(now - 2)}`);
  await engine.send('one', `192.0.2.7 until ${until(600)} origin a at ${String(now - 1)}`);
  engine.clock.step(HOURS_MS);
  await engine.pass(2_000);
  expect(await engine.held('one')).toEqual([]);
  engine.clock.step(-HOURS_MS);
  await engine.pass(12_000);
  expect(await engine.held('one')).toEqual(['192.0.2.7']);
  expect(engine.node.status().sets).toMatchObject([{ bans: 1, pending: 0 }]);
  await engine.node.close();
});

it('a set that somebody flushes is looked at as soon as ever, though the clock was set back', async () => {
  const engine = await startEngine([one]);
  engine.clock.step(HOURS_MS);
  await engine.send('one', '192.0.2.7\n192.0.2.8');
  await engine.pass(20_000);
  engine.clock.step(-HOURS_MS);
  await engine.pass(20_000);
  engine.memory.flush('one');
  expect(await engine.held('one')).toEqual([]);
  await engine.pass(20_000);
  expect(await engine.held('one')).toEqual(['192.0.2.7', '192.0.2.8']);
  await engine.node.close();
});

import { expect, it } from '@jest/globals';
import { HeardNodes } from './heard-nodes.js';

function setUp() {
  const world = { now: 1_000 };
  return { world, heard: new HeardNodes(() => world.now * 1000) };
}

it('remembers when a node last said something, and since when it is down', () => {
  const { world, heard } = setUp();
  expect([heard.lastSeen('fw1'), heard.downSince('fw1')]).toEqual([undefined, undefined]);
  heard.heard('fw1');
  world.now += 10;
  heard.foundDown('fw1');
  world.now += 10;
  heard.foundDown('fw1');
  expect([heard.lastSeen('fw1'), heard.downSince('fw1')]).toEqual([1_000, 1_010]);
  heard.foundUp('fw1');
  expect([heard.lastSeen('fw1'), heard.downSince('fw1')]).toEqual([1_000, undefined]);
  heard.foundDown('fw1');
  heard.heard('fw1');
  expect([heard.lastSeen('fw1'), heard.downSince('fw1')]).toEqual([1_020, undefined]);
});

it('puts nothing into the future where the clock is set back', () => {
  const { world, heard } = setUp();
  heard.heard('fw1');
  world.now -= 500;
  expect(heard.lastSeen('fw1')).toBe(500);
});

it('does not grow without end, and forgets those first that were silent for longest', () => {
  const { heard } = setUp();
  for (let number = 0; number < 10_000; number += 1) heard.heard(`n${number.toString()}`);
  heard.heard('n0');
  heard.heard('one more');
  expect([...heard.names]).toHaveLength(10_000);
  expect([heard.lastSeen('n0'), heard.lastSeen('n1')]).toEqual([1_000, undefined]);
});

import { describe, expect, it } from '@jest/globals';
import { VallumError } from '@vallum/core';
import { gatherFleet, type FleetQuestion } from './gather-fleet.js';
import type { KeptStatus } from './gather-statuses.js';
import { HeardNodes } from './heard-nodes.js';

const NOW = 1_800_000_000;
const OURS = '00000000000000aa';

type Said = Readonly<Record<string, unknown>>;

function setUp(
  answers: Readonly<Record<string, Said>> = {},
  kept: Readonly<Record<string, KeptStatus>> = {},
) {
  const world = { now: NOW, digest: OURS };
  const heard = new HeardNodes(() => world.now * 1000);
  const question: FleetQuestion = {
    ...{ node: 'fw1', sets: ['blacklist'], heard, nowMs: () => world.now * 1000 },
    own: () => ({ version: '1.0.0', lag: 2, sets: [setOf(OURS, 10)] }),
    statuses: () => Promise.resolve(new Map(Object.entries(kept))),
    vallum: {
      digest: () => world.digest,
      count: () => 10,
      fleet: async ({ answered } = {}) => {
        for (const node of Object.keys(answers)) {
          answered?.(node, 4);
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
        return new Map(Object.entries(answers));
      },
    },
  };
  return { world, heard, question };
}

function setOf(digest: string, addresses: number, more: Said = {}): Said {
  return {
    ...{ set: 'blacklist', state: 'ready', bans: addresses, pending: 0, refused: 0 },
    ...{ digest, addresses, agreedAt: NOW - 60, ...more },
  };
}

describe('the fleet', () => {
  it('is asked who agrees, and how far behind the others are', async () => {
    const { question } = setUp({
      fw1: { sets: [setOf(OURS, 10)] },
      fw2: { version: '1.0.0', backend: 'ipset', startedAt: NOW - 5, sets: [setOf(OURS, 10)] },
      fw3: { lag: 7, needs: { critical: 1, warning: 'x' }, sets: [setOf('b', 7)] },
      fw4: { sets: [setOf('c', 12, { bans: 0 })] },
      fw5: { sets: [setOf('d', 10)] },
      fw6: { sets: [{ set: 'other', state: 'ready', digest: 'e' }, { set: 'x' }, 7] },
    });
    const { nodes, trouble } = await gatherFleet(question);
    expect(trouble).toBeUndefined();
    expect(nodes.map(({ node, state }) => [node, state])).toEqual(
      ['fw1', 'fw2', 'fw3', 'fw4', 'fw5', 'fw6'].map((node) => [node, 'up']),
    );
    expect(nodes[1]).toMatchObject({
      ...{ version: '1.0.0', backend: 'ipset', startedAt: NOW - 5, answeredMs: 4, lastSeen: NOW },
      sets: [{ agrees: true, agreedAt: NOW - 60, digest: OURS }],
    });
    expect(nodes[1]!.sets[0]).not.toHaveProperty('more');
    expect(nodes[2]).toMatchObject({ lagMs: 7, needs: { critical: 1, warning: 0 } });
    expect(nodes.map(({ sets }) => sets[0]!.more)).toEqual([
      undefined,
      undefined,
      -3,
      2,
      0,
      undefined,
    ]);
    expect(nodes[5]!.sets).toEqual([
      { set: 'other', state: 'ready', bans: 0, pending: 0, refused: 0, digest: 'e' },
    ]);
  });

  it('agrees with who has what this node had while it was asked', async () => {
    const { question, world } = setUp({ fw2: { sets: [setOf('later', 11)] } });
    setTimeout(() => (world.digest = 'later'), 5);
    setTimeout(() => (world.digest = 'last'), 25);
    const { nodes } = await gatherFleet(question);
    expect(nodes[1]!.sets).toMatchObject([{ agrees: true }]);
  });

  it('shows this node as it is, and what is remembered, where nobody can be asked', async () => {
    const { question, heard, world } = setUp();
    heard.heard('fw2');
    world.now += 100;
    const message = 'the broker is away';
    const { nodes, trouble } = await gatherFleet({
      ...question,
      statuses: () => Promise.reject(new Error('away')),
      vallum: {
        ...question.vallum,
        fleet: () =>
          Promise.reject(new VallumError(message, { code: 'BROKER_UNREACHABLE', operation: 'x' })),
      },
    });
    expect(trouble).toBe(message);
    expect(nodes).toEqual([
      expect.objectContaining({ node: 'fw1', state: 'up', lagMs: 2, version: '1.0.0' }),
      { node: 'fw2', state: 'unknown', lastSeen: NOW, sets: [] },
    ]);
    expect(nodes[0]).not.toHaveProperty('answeredMs');
  });

  it('knows since when others are down, by the broker or by itself, and when they were heard', async () => {
    const { question, heard, world } = setUp(
      {},
      {
        told: { state: 'offline', version: '1.0.0', ageSeconds: 90 },
        untold: { state: 'stopped' },
        silent: { state: 'online', ageSeconds: 40 },
        quiet: { state: 'online' },
      },
    );
    heard.heard('told');
    const first = await gatherFleet(question);
    world.now += 50;
    const second = await gatherFleet(question);
    const down = ({ nodes }: typeof first) =>
      nodes
        .filter(({ state }) => state !== 'up')
        .map(({ node, state, since, sinceAtLeast, lastSeen }) =>
          JSON.stringify({ node, state, since, sinceAtLeast, lastSeen }),
        );
    expect(down(first)).toEqual([
      '{"node":"quiet","state":"silent"}',
      JSON.stringify({ node: 'silent', state: 'silent', lastSeen: NOW - 40 }),
      JSON.stringify({ node: 'told', state: 'offline', since: NOW - 90, lastSeen: NOW }),
      JSON.stringify({ node: 'untold', state: 'stopped', since: NOW, sinceAtLeast: true }),
    ]);
    // Remembered, not begun anew.
    expect(down(second)[3]).toBe(
      JSON.stringify({ node: 'untold', state: 'stopped', since: NOW, sinceAtLeast: true }),
    );
  });
});

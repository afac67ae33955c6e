import { describe, expect, it } from '@jest/globals';
import type { Change } from '../backend/backend.js';
import { start, timed, untimed } from './enforcer.fixture.js';

const END = 1_000_000;

function commentsOf(changes: readonly Change[]): (string | undefined)[] {
  return changes.map((change) => (change.op === 'add' ? change.comment : undefined));
}

describe('the comment beside an entry', () => {
  it('is written where somebody else asks, for another reason, or no more', async () => {
    const { node, watched } = await start([{ ...timed, comments: true }]);
    const written = () => commentsOf(watched.applied.splice(0));
    const ban = (origin: string, timeoutSeconds: number, reason: string) =>
      node.ban('192.0.2.7', { origin, timeoutSeconds, reason });
    await ban('web1', END, 'ssh');
    expect(written()).toEqual(['web1: ssh']);
    await ban('web2', END / 2, 'http');
    expect(written()).toEqual(['web1: ssh (and 1 more)']);
    await ban('web1', END, 'sshd');
    expect(written()).toEqual(['web1: sshd (and 1 more)']);
    await node.unban('192.0.2.7', { origin: 'web1' });
    expect(written()).toEqual(['web2: http']);
    await node.close();
  });

  it('is not written again where it stays as it is', async () => {
    const { node, watched } = await start([{ ...untimed, comments: true }]);
    const written = () => commentsOf(watched.applied.splice(0));
    await node.ban('192.0.2.7', { origin: 'web1', timeoutSeconds: 60, reason: 'ssh' });
    await node.ban('192.0.2.7', { origin: 'web1', timeoutSeconds: 90, reason: 'ssh' });
    expect(written()).toEqual(['web1: ssh']);
    await node.ban('192.0.2.7', { origin: 'web1', until: 'never', reason: 'ssh' });
    await node.ban('192.0.2.7', { origin: 'web2', timeoutSeconds: 60 });
    expect(written()).toEqual(['web1: ssh (and 1 more)']);
    await node.ban('192.0.2.7', { origin: 'web1', until: 'never', reason: 'ssh' });
    expect(written()).toEqual([]);
    await node.close();
  });

  it.each([
    ['without timeouts', { ...untimed, comments: true }, 200],
    ['where the ban ends as it did', { ...timed, comments: true }, 'never'],
  ] as const)(
    'is written where another lease is the longest now, in a set %s',
    async (_, set, end) => {
      const { node, watched } = await start([set]);
      const written = () => commentsOf(watched.applied.splice(0));
      const ban = (origin: string, until: number | 'never') =>
        node.ban('192.0.2.7', {
          origin,
          ...(until === 'never' ? { until } : { timeoutSeconds: until }),
        });
      await ban('web1', end);
      await ban('web2', 'never');
      expect(written()).toEqual(['web1', 'web2 (and 1 more)']);
      await ban('web2', 100);
      expect(written()).toEqual(['web1 (and 1 more)']);
      await node.close();
    },
  );

  it('is not written again where feeds that name no end come again', async () => {
    const { node, watched } = await start([{ ...timed, comments: true }]);
    for (let round = 0; round < 3; round++) {
      for (const origin of ['web1', 'web2']) await node.ban('192.0.2.7', { origin });
    }
    expect(commentsOf(watched.applied)).toEqual(['web1', 'web2 (and 1 more)']);
    await node.close();
  });
});

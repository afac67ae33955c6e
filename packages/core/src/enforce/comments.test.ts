import { describe, expect, it } from '@jest/globals';
import type { Change } from '../backend/backend.js';
import { start, timed } from './enforcer.fixture.js';

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
    const { node, watched } = await start([{ ...timed, comments: true }]);
    const written = () => commentsOf(watched.applied.splice(0));
    await node.ban('192.0.2.7', { origin: 'web1', until: 'never', reason: 'ssh' });
    await node.ban('192.0.2.7', { origin: 'web2', timeoutSeconds: 60 });
    expect(written()).toEqual(['web1: ssh', 'web1: ssh (and 1 more)']);
    await node.ban('192.0.2.7', { origin: 'web1', until: 'never', reason: 'ssh' });
    await node.ban('192.0.2.7', { origin: 'web2', timeoutSeconds: 90 });
    expect(written()).toEqual([]);
    await node.ban('192.0.2.7', { origin: 'web1', timeoutSeconds: 30, reason: 'ssh' });
    expect(written()).toEqual(['web2 (and 1 more)']);
    await node.close();
  });
});

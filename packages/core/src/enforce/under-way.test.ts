import { describe, expect, it } from '@jest/globals';
import { createVolatileStore } from '../journal/volatile-store.js';
import type { Report } from './report.js';
import type { BanOptions } from '../node/vallum-types.js';
import { timed, untimed, settle, start, outcome } from './enforcer.fixture.js';

describe('under way', () => {
  it('a burst of 4,000 commands stays in order, each with its own verdict', async () => {
    const { node, held } = await start([timed]);
    const asked: Promise<Report[]>[] = [];
    for (let n = 0; n < 2_000; n += 1) {
      const address = `10.0.${n >> 8}.${n & 255}`;
      asked.push(node.ban(address));
      if (n % 2 === 0) asked.push(node.unban(address));
      else asked.push(node.ban(address, { timeoutSeconds: 60 }));
    }
    const outcomes = (await Promise.all(asked)).map(([report]) => report?.outcome);
    expect(outcomes.filter((one) => one === 'banned')).toHaveLength(2_000);
    expect(outcomes.filter((one) => one === 'overtaken')).toHaveLength(1_000);
    expect(outcomes.filter((one) => one === 'unbanned')).toHaveLength(1_000);
    expect(await held()).toHaveLength(1_000);
    await node.close();
  });

  it('a ban that was lifted while it waited is not called one, and stays out', async () => {
    const { node, held, watched } = await start([timed]);
    const first = node.ban('192.0.2.1');
    const [ban, unban] = [node.ban('192.0.2.7'), node.unban('192.0.2.7')];
    expect(await outcome(ban)).toMatchObject({ outcome: 'overtaken' });
    expect(await outcome(unban)).toMatchObject({ outcome: 'unbanned', absent: false });
    await first;
    expect(await held()).toEqual(['192.0.2.1']);
    expect(watched.applied.map(({ op }) => op)).toEqual(['add', 'del']);
    await node.close();
  });

  it('a ban that was lifted before its second try is not called one', async () => {
    const { node, held, watched } = await start([timed]);
    let first = true;
    watched.verdict = ({ op }) => {
      if (op !== 'add' || !first) return undefined;
      first = false;
      return { outcome: 'failed', fault: 'set-missing', detail: 'gone' };
    };
    const [ban, unban] = [node.ban('192.0.2.7'), node.unban('192.0.2.7')];
    expect(await outcome(ban)).toMatchObject({ outcome: 'overtaken' });
    expect(await outcome(unban)).toMatchObject({ outcome: 'unbanned' });
    expect(await held()).toEqual([]);
    await node.close();
  });

  it('a ban that is over before it gets in is not called one', async () => {
    const { node, held, watched, clock } = await start([timed]);
    let open = (): void => undefined;
    watched.gate = new Promise((resolve) => (open = resolve));
    const first = node.ban('192.0.2.1');
    await settle();
    const late = node.ban('192.0.2.7', { timeoutSeconds: 5 });
    clock.advance(6_000);
    open();
    await first;
    expect(await outcome(late)).toMatchObject({ outcome: 'ended' });
    expect(await held()).toEqual(['192.0.2.1']);
    await node.close();
  });

  it('a backend that throws costs the entries of one run', async () => {
    const { node, watched, held } = await start([timed]);
    watched.gate = Promise.reject(new Error('socket closed'));
    expect(await outcome(node.ban('192.0.2.7'))).toMatchObject({
      code: 'unavailable',
      detail: 'socket closed',
      willRetry: true,
    });
    watched.gate = undefined;
    expect(await outcome(node.ban('192.0.2.8'))).toMatchObject({ outcome: 'banned' });
    expect(await held()).toEqual(['192.0.2.8']);
    await node.close();
  });

  it('a backend without a verdict is no success', async () => {
    const { node, watched } = await start([timed]);
    watched.backend.apply = () => Promise.resolve([]);
    expect(await outcome(node.ban('192.0.2.7'))).toMatchObject({
      outcome: 'failed',
      code: 'unknown',
    });
    await node.close();
  });

  it('a listener that throws stops nothing, and is told of', async () => {
    const warnings: string[] = [];
    const { node, held, pass } = await start([untimed], {
      listeners: {
        report: () => {
          throw new Error('no terminal');
        },
        warning: (sentence) => warnings.push(sentence),
      },
    });
    await node.ban('192.0.2.7', { timeoutSeconds: 5 });
    await pass(5_000);
    await node.ban('192.0.2.8');
    expect(await held()).toEqual(['192.0.2.8']);
    expect(warnings).toContain("a listener to 'report' threw: no terminal");
    await node.close();
  });

  it('is finished before close returns', async () => {
    const { node, held, watched } = await start([timed]);
    let open = (): void => undefined;
    watched.gate = new Promise((resolve) => (open = resolve));
    const asked = node.ban('192.0.2.7');
    await settle();
    const closed = node.close();
    open();
    await closed;
    expect(await outcome(asked)).toMatchObject({ outcome: 'banned' });
    expect(await held()).toEqual(['192.0.2.7']);
    await expect(node.ban('192.0.2.8')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('refuses options that no address could save', async () => {
    const { node } = await start([timed], { store: createVolatileStore() });
    const bad: BanOptions[] = [{ timeoutSeconds: -5 }, { until: 1 }, { reason: '\u001b' }];
    for (const options of bad) {
      await expect(node.ban('192.0.2.7', options)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    await node.close();
  });
});

import { describe, expect, it } from '@jest/globals';
import { addressLines, settle, startEngine } from './engine.fixture.js';

const list = { set: 'list', type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 } as const;
const folding = { ...list, set: 'folding', type: 'hash:ip', netmask: 8 } as const;
const commented = { ...list, comments: true } as const;
const calm = { ...list, set: 'calm' } as const;

describe('a message of many entries', () => {
  it.each([
    ['that name no end', '', list],
    ['that are for ever', ' until never origin feed', list],
    ['that name no end, in a set with comments', ' origin feed', commented],
    ['that are for ever, in a set with comments', ' until never origin feed', commented],
  ])('costs nothing when it comes again, and is one line (%s)', async (_, words, set) => {
    const engine = await startEngine([set]);
    await engine.send('list', addressLines(5_000, words));
    await settle(100);
    expect(engine.summaries.splice(0)).toMatchObject([
      { entries: 5_000, outcomes: [{ outcome: 'banned', count: 5_000 }] },
    ]);
    engine.asked = 0;
    await engine.send('list', addressLines(5_000, words));
    await settle(100);
    expect(engine.asked).toBe(0);
    expect(engine.reports).toEqual([]);
    const [summary, ...others] = engine.summaries;
    expect(others).toEqual([]);
    expect(summary).toMatchObject({
      via: 'list',
      set: 'list',
      outcomes: [{ outcome: 'repeated', action: 'ban', count: 5_000 }],
    });
    expect(summary?.outcomes[0]?.examples).toHaveLength(3);
    await engine.node.close();
  });

  it('is told entry by entry where that is asked for, what was known too', async () => {
    const engine = await startEngine([list], { reportEntries: 'all' });
    await engine.send('list', addressLines(300, ' origin feed until never'));
    await engine.send('list', addressLines(300, ' origin feed until never'));
    await settle();
    expect(engine.summaries).toEqual([]);
    const outcomes = engine.reports.map(({ outcome }) => outcome);
    expect(outcomes).toHaveLength(600);
    expect(outcomes.filter((outcome) => outcome === 'repeated')).toHaveLength(300);
    await engine.node.close();
  });

  it('is told by reasons where policy says no, and writes little of what it cannot read', async () => {
    const engine = await startEngine([list], { policy: { protect: ['10.0.0.0/24'] } });
    const nonsense = Array.from({ length: 500 }, (_, index) => `nonsense ${String(index)}`);
    await engine.send('list', `${addressLines(400)}\n${nonsense.join('\n')}`);
    await settle();
    expect(engine.reports).toEqual([]);
    expect(engine.summaries).toMatchObject([
      { outcomes: [{ outcome: 'rejected', count: 500 }] },
      {
        outcomes: [
          { outcome: 'refused', code: 'protected', count: 256 },
          { outcome: 'banned', count: 144 },
        ],
      },
    ]);
    for (const { outcomes } of engine.summaries) {
      for (const { examples } of outcomes) expect(examples.length).toBeLessThanOrEqual(3);
    }
    await engine.node.close();
  });

  it('of origins without end for one address has a bound, which is said once', async () => {
    const engine = await startEngine([list]);
    const lines = Array.from(
      { length: 28_000 },
      (_, index) => `203.0.113.5 origin o${String(index)}`,
    );
    await engine.send('list', lines.join('\n'));
    await settle(200);
    expect(engine.node.status().sets).toMatchObject([{ bans: 1, pending: 0 }]);
    const saidOf = (what: RegExp) => engine.warnings.filter((sentence) => what.test(sentence));
    expect(saidOf(/than are remembered of one/)).toHaveLength(1);
    const told = engine.summaries[0]?.outcomes.reduce((sum, { count }) => sum + count, 0);
    expect(told).toBe(28_000);
    await engine.node.close();
  });

  it('of origins without end for many addresses is taken as far as the bound, and leaves the rest', async () => {
    const engine = await startEngine([list]);
    const lines = addressLines(17_000).split('\n');
    await engine.send(
      'list',
      lines.map((line, index) => `${line} origin o${String(index)}`).join('\n'),
    );
    await settle(100);
    const refused = engine.summaries[0]?.outcomes.find(({ outcome }) => outcome === 'refused');
    expect(refused).toMatchObject({ code: 'too-many-origins' });
    expect(await engine.held('list')).toHaveLength(17_000 - (refused?.count ?? 0));
    expect(engine.warnings).toHaveLength(1);
    await engine.send('list', '192.0.2.1 origin o1');
    expect(engine.reports).toMatchObject([{ outcome: 'banned', address: '192.0.2.1' }]);
    await engine.node.close();
  });

  it('for one entry of a netmask, in the worst order, lets a ban in another set pass', async () => {
    const engine = await startEngine([folding, calm]);
    const ends = Array.from(
      { length: 10_000 },
      (_, index) => `10.0.${String(index >> 8)}.${String(index & 255)}`,
    );
    const until = 2_000_000_000;
    await engine.send(
      'folding',
      ends.map((address, index) => `${address} until ${String(until - index)}`).join('\n'),
    );
    const started = process.cpuUsage();
    await engine.send('folding/del', ends.join('\n'));
    await engine.send('calm', '192.0.2.1');
    expect(await engine.held('calm')).toEqual(['192.0.2.1']);
    await settle(200);
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(10);
    expect(await engine.held('folding')).toEqual([]);
    await engine.node.close();
  });

  it('for a set that does not answer is kept, said to follow, and holds up no other', async () => {
    const engine = await startEngine([list, calm]);
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    engine.before = ({ set }) => (set === 'list' ? gate : undefined);
    void engine.send('list', addressLines(10));
    await settle();
    // The set does not answer for more than a second.
    engine.clock.advance(600);
    engine.clock.advance(600);
    await engine.send('list', addressLines(300, '', 1_000));
    expect(engine.summaries.at(-1)?.outcomes).toMatchObject([
      { outcome: 'failed', code: 'busy', count: 300 },
    ]);
    await engine.send('calm', '192.0.2.1');
    expect(await engine.held('calm')).toEqual(['192.0.2.1']);
    open();
    await settle(100);
    expect(await engine.held('list')).toHaveLength(310);
    await engine.node.close();
  });
});

import { describe, expect, it } from '@jest/globals';
import { addressLines, settle, startEngine } from './engine.fixture.js';

const small = {
  set: 'small',
  type: 'hash:ip',
  family: 'ipv4',
  defaultTimeoutSeconds: 0,
  maxEntries: 100,
} as const;
const other = { ...small, set: 'other', maxEntries: 65_536 } as const;

describe('a full set', () => {
  it('is not asked about each of the bans that come while others wait', async () => {
    const engine = await startEngine([small]);
    await engine.send('small', addressLines(20_000));
    await settle(200);
    // What fits, and what was in the same call.
    expect(engine.asked).toBeLessThanOrEqual(2_000);
    expect(engine.node.status().sets).toMatchObject([{ bans: 20_000, pending: 19_900 }]);
    expect(engine.summaries[0]?.outcomes).toMatchObject([
      { outcome: 'banned', count: 100 },
      { outcome: 'failed', code: 'set-full', count: 19_900 },
    ]);
    engine.asked = 0;
    await engine.send('small', '192.0.2.1');
    expect(engine.reports.at(-1)).toMatchObject({
      outcome: 'failed',
      code: 'set-full',
      willRetry: true,
    });
    expect(engine.asked).toBe(0);
    await engine.node.close();
  });

  it('takes for each ban that is lifted the one that has waited longest, and asks for no other', async () => {
    const engine = await startEngine([small]);
    await engine.send('small', addressLines(100));
    await engine.send('small', addressLines(5_000, '', 100));
    await settle(100);
    engine.asked = 0;
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) {
      await engine.send('small/del', address);
      await settle();
    }
    expect(engine.asked).toBe(6);
    const held = await engine.held('small');
    expect(held).toHaveLength(100);
    expect(held).toEqual(expect.arrayContaining(['10.0.0.100', '10.0.0.101', '10.0.0.102']));
    await engine.node.close();
  });

  it('is filled soon where its entries end by themselves or people delete them, with few questions', async () => {
    const engine = await startEngine([small]);
    await engine.send('small', addressLines(100, ' timeout 60'));
    await engine.send('small', addressLines(5_000, '', 100));
    await settle(100);
    engine.asked = 0;
    await engine.pass(30_000);
    // One a second to see whether there is room.
    expect(engine.asked).toBeLessThanOrEqual(31);
    await engine.pass(29_000);
    engine.asked = 0;
    await engine.pass(4_000);
    expect(await engine.held('small')).toHaveLength(100);
    expect(engine.asked).toBeLessThan(350);
    engine.memory.flush('small');
    engine.asked = 0;
    await engine.pass(11_000);
    expect(await engine.held('small')).toHaveLength(100);
    expect(engine.asked).toBeLessThan(350);
    await engine.node.close();
  });

  it('keeps nobody in the line who is wanted no more, and asks nothing for him', async () => {
    const engine = await startEngine([small]);
    await engine.send('small', addressLines(100));
    await engine.send('small', addressLines(1_000, '', 100));
    for (let round = 0; round < 20; round++) {
      await engine.send('small', addressLines(500, '', 10_000 + round * 500));
      await engine.send('small/del', addressLines(500, '', 10_000 + round * 500));
      await settle();
    }
    await engine.send('small/del', addressLines(1_000, '', 100));
    await settle(100);
    engine.asked = 0;
    await engine.send('small/del', '10.0.0.1');
    await settle();
    expect(engine.asked).toBe(1);
    expect(engine.node.status().sets).toMatchObject([{ bans: 99, pending: 0 }]);
    await engine.node.close();
  });

  it('with 100,000 bans in its line delays no ban in another', async () => {
    const engine = await startEngine([small, other]);
    await engine.send('small', addressLines(100_000));
    await settle(300);
    await engine.send('small/del', addressLines(50));
    await engine.send('other', '192.0.2.1');
    // Acknowledged: it is there.
    expect(await engine.held('other')).toEqual(['192.0.2.1']);
    await engine.node.close();
  });

  it('that is made anew and larger takes those that waited', async () => {
    const engine = await startEngine([small]);
    await engine.send('small', addressLines(3_000));
    await settle(100);
    engine.memory.makeSet({ ...small, maxEntries: 2_000 });
    await engine.pass(11_000);
    expect(await engine.held('small')).toHaveLength(2_000);
    expect(engine.node.status().sets).toMatchObject([{ bans: 3_000, pending: 1_000 }]);
    await engine.node.close();
  });

  it('that stays full says so once, and not at each check', async () => {
    const engine = await startEngine([small]);
    await engine.send('small', addressLines(3_000));
    await settle(100);
    await engine.pass(60_000);
    expect(engine.reconciled.length).toBeLessThanOrEqual(1);
    await engine.node.close();
  });
});

import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../testing/memory-store.js';
import { startEngine } from './engine.fixture.js';

const SETS = [
  { set: 'blacklist', type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 },
  { set: 'other', type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 },
] as const;
const HOST = { policy: { protectHost: false } } as const;
const REFUSED = { set: 'other', outcome: 'refused', code: 'protected', address: '10.0.0.7' };

describe('a set that is bound again', () => {
  it('holds no ban that was protected meanwhile, and each that is protected no more', async () => {
    const engine = await startEngine(SETS);
    await engine.send('vallum/protect/add', '10.0.0.8 origin one');
    await engine.send('other/add', '10.0.0.7\n10.0.0.8\n10.9.9.9');
    expect(await engine.held('other')).toEqual(['10.0.0.7', '10.9.9.9']);
    await engine.node.reconfigure({ topics: ['blacklist'], ...HOST });
    await engine.send('vallum/protect/del', '10.0.0.8 origin one');
    await engine.send('vallum/protect/add', '10.0.0.7 origin one');
    await engine.pass(2_000);
    engine.reports.length = 0;
    await engine.node.reconfigure({ topics: ['blacklist', 'other'], ...HOST });
    expect(await engine.held('other')).toEqual(['10.0.0.8', '10.9.9.9']);
    expect(engine.reports).toMatchObject([REFUSED]);
    await engine.node.close();
  });

  it('holds none that was protected when the ledger was read without it', async () => {
    const store = createMemoryStore();
    const killed = await startEngine(SETS, { store });
    await killed.send('other/add', '10.0.0.7\n10.9.9.9');
    killed.before = () => new Promise(() => undefined);
    await killed.send('vallum/protect/add', '10.0.0.7 origin one');
    const engine = await startEngine(SETS, { store, topics: ['blacklist'] });
    await engine.node.reconfigure({ topics: ['blacklist', 'other'], ...HOST });
    expect(await engine.held('other')).toEqual(['10.9.9.9']);
    expect(engine.reports).toMatchObject([REFUSED]);
    await engine.node.close();
  });
});

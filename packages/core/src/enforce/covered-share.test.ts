import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../testing/memory-store.js';
import { settle, startEngine } from './engine.fixture.js';

const wide = { set: 'wide', type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 } as const;
function sixteens(from: number, to: number, words = ''): string {
  const lines: string[] = [];
  for (let block = from; block < to; block++) {
    lines.push(`${String(block >> 8)}.${String(block & 255)}.0.0/16${words}`);
  }
  return lines.join('\n');
}

describe('what a set may cover', () => {
  it('is its share, in however many pieces it is banned', async () => {
    const engine = await startEngine([wide], { policy: { maxCover: 1 / 64 } });
    await engine.send('wide', sixteens(256, 5_256));
    await settle(200);
    expect(await engine.held('wide')).toHaveLength(1_024);
    const [summary] = engine.summaries;
    expect(summary?.outcomes).toMatchObject([
      { outcome: 'banned', count: 1_024 },
      { outcome: 'refused', code: 'cover-exceeded', count: 3_976 },
    ]);
    // What is covered already is no more.
    await engine.send('wide', '1.0.0.7');
    expect(engine.reports.at(-1)).toMatchObject({ outcome: 'banned' });
    await engine.node.close();
  });

  it('lets bans in that were refused for it as soon as others are lifted or have ended', async () => {
    const engine = await startEngine([wide], { policy: { maxCover: 3 / 65_536 } });
    await engine.send('wide', sixteens(256, 258));
    await engine.send('wide', sixteens(258, 259, ' timeout 30'));
    await engine.send('wide', sixteens(300, 310));
    expect(await engine.held('wide')).toHaveLength(3);
    await engine.send('wide/del', '1.0.0.0/16');
    await engine.pass(11_000);
    expect(await engine.held('wide')).toEqual(['1.1.0.0/16', '1.2.0.0/16', '1.44.0.0/16']);
    await engine.pass(31_000);
    expect(await engine.held('wide')).toEqual(['1.1.0.0/16', '1.44.0.0/16', '1.45.0.0/16']);
    await engine.node.close();
  });

  it('lets bans in that were refused for it where a set may cover more from now on', async () => {
    const engine = await startEngine([wide], { policy: { maxCover: 1 / 65_536 } });
    await engine.send('wide', sixteens(256, 258));
    expect(await engine.held('wide')).toEqual(['1.0.0.0/16']);
    await engine.node.reconfigure({
      topics: ['wide'],
      policy: { maxCover: 2 / 65_536, protectHost: false },
    });
    await settle();
    expect(await engine.held('wide')).toEqual(['1.0.0.0/16', '1.1.0.0/16']);
    await engine.node.close();
  });

  it('keeps bans that were refused for it over a restart, and lets them in later', async () => {
    const store = createMemoryStore();
    const options = { store, policy: { maxCover: 1 / 65_536 } };
    const first = await startEngine([wide], options);
    await first.send('wide', sixteens(256, 258));
    await first.node.close();
    const again = await startEngine([wide], options);
    await settle();
    expect(await again.held('wide')).toEqual(['1.0.0.0/16']);
    expect(again.node.status().sets).toMatchObject([{ bans: 1, refused: 1 }]);
    await again.send('wide/del', '1.0.0.0/16');
    await again.pass(11_000);
    expect(await again.held('wide')).toEqual(['1.1.0.0/16']);
    await again.node.close();
  });

  it('counts prefixes in one another once, where they fill their place', async () => {
    const engine = await startEngine([wide], { policy: { maxCover: 2 / 65_536 } });
    await engine.send('wide', '20.0.0.0/16\n20.0.1.0/24\n20.0.0.0/17\n20.0.128.0/18');
    expect(await engine.held('wide')).toHaveLength(4);
    await engine.send('wide', '20.1.0.0/16');
    expect(await engine.held('wide')).toHaveLength(5);
    await engine.node.close();
  });

  it('counts the networks that a netmask makes of single addresses', async () => {
    const masked = { ...wide, type: 'hash:ip', netmask: 16 };
    const engine = await startEngine([masked], { policy: { maxCover: 2 / 65_536 } });
    await engine.send('wide', '20.0.0.1\n20.0.7.7\n20.1.0.1\n20.2.0.1\n20.1.0.2');
    expect(await engine.held('wide')).toEqual(['20.0.0.0', '20.1.0.0']);
    await engine.send('wide/del', '20.0.0.1\n20.0.7.7');
    await engine.pass(11_000);
    expect(await engine.held('wide')).toEqual(['20.1.0.0', '20.2.0.0']);
    await engine.node.close();
  });

  it('makes nobody delete what somebody else has in the place of a refused ban', async () => {
    const store = createMemoryStore();
    const policy = { protect: ['203.0.113.9'] };
    const first = await startEngine([wide], { store, policy });
    await first.send('wide', '203.0.113.0/24\n203.0.113.9');
    expect(first.reports.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
    await first.node.close();
    const again = await startEngine([wide], { store, policy });
    await settle();
    expect(again.asked).toBe(0);
    expect(again.reports).toEqual([]);
    await again.node.close();
  });
});

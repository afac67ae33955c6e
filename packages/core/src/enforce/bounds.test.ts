import { describe, expect, it } from '@jest/globals';
import { addressLines, settle, startEngine, type Engine } from './engine.fixture.js';

const list = {
  set: 'list',
  type: 'hash:net',
  family: 'ipv4',
  defaultTimeoutSeconds: 0,
  maxEntries: 100_000,
} as const;

/** What is said of bounds, and not of other things. */
function warningsOf({ warnings }: Engine): string[] {
  return warnings.filter((sentence) => sentence.includes('is refused; this is said only once'));
}

describe('what publishers can make grow', () => {
  it('of leases in all has a bound: what is known lives on, and what is new is refused by its code', async () => {
    const engine = await startEngine([list], { limits: { registers: 3 } });
    await engine.send('list', addressLines(5, ' origin web1'));
    expect(
      engine.reports.map((report) => ('code' in report ? report.code : report.outcome)),
    ).toEqual(['banned', 'banned', 'banned', 'too-many-leases-in-all', 'too-many-leases-in-all']);
    expect(engine.reports.at(-1)).toMatchObject({
      outcome: 'refused',
      address: '10.0.0.4',
      detail: 'the ledger is full: it holds as many leases as it may',
    });
    expect(await engine.held('list')).toEqual(['10.0.0.0', '10.0.0.1', '10.0.0.2']);

    engine.reports.length = 0;
    await engine.send('list', '10.0.0.1 origin web1 timeout 600');
    await engine.send('list/del', '10.0.0.1 origin web1');
    expect(engine.reports).toMatchObject([{ outcome: 'banned' }, { outcome: 'unbanned' }]);
    expect(await engine.held('list')).toEqual(['10.0.0.0', '10.0.0.2']);
    expect(warningsOf(engine)).toHaveLength(1);
    await engine.node.close();
  });

  it('of leases in all is counted in the line of a large message, and makes room again', async () => {
    const engine = await startEngine([list], { limits: { registers: 100 } });
    await engine.send('list', addressLines(150, ' timeout 60'));
    expect(engine.summaries).toMatchObject([
      {
        outcomes: [
          { outcome: 'banned', count: 100 },
          { outcome: 'refused', code: 'too-many-leases-in-all', count: 50 },
        ],
      },
    ]);
    expect(engine.node.status().sets).toMatchObject([{ bans: 100, pending: 0, refused: 0 }]);
    await engine.pass(62_000);
    await engine.send('list', '192.0.2.1');
    expect(engine.reports).toMatchObject([{ outcome: 'banned', address: '192.0.2.1' }]);
    await engine.node.close();
  });

  it('of leases of one address keeps the youngest, and refuses an older one by its code', async () => {
    const engine = await startEngine([list]);
    const nowMs = engine.clock.nowMs();
    const lease = (number: number, stampMs: number): string =>
      `192.0.2.1 origin o${String(number)} at ${String(stampMs)}`;
    await engine.send(
      'list',
      Array.from({ length: 64 }, (_, index) => lease(index, nowMs - 1_000 + index)).join('\n'),
    );
    expect(warningsOf(engine)).toEqual([]);
    engine.reports.length = 0;
    await engine.send('list', lease(98, nowMs - 2_000));
    await engine.send('list', lease(99, nowMs));
    await engine.send('list', lease(97, nowMs - 2_000));
    expect(engine.reports).toMatchObject([
      { outcome: 'refused', code: 'too-many-leases', origin: 'o98' },
      { outcome: 'banned', origin: 'o99' },
      { outcome: 'refused', code: 'too-many-leases', origin: 'o97' },
    ]);
    expect(await engine.held('list')).toEqual(['192.0.2.1']);
    expect(warningsOf(engine)).toHaveLength(1);
    await engine.node.close();
  });

  it('of reasons has a bound, said once, and a ban without one of its own is taken', async () => {
    const engine = await startEngine([list]);
    for (const from of [0, 33_000]) {
      const lines = addressLines(33_000, '', from).split('\n');
      await engine.send(
        'list',
        lines.map((line, index) => `${line} reason "r${String(from + index)}"`).join('\n'),
      );
      await settle(100);
    }
    const [refused] = engine.summaries
      .flatMap(({ outcomes }) => outcomes)
      .filter(({ outcome }) => outcome === 'refused');
    expect(refused).toMatchObject({ code: 'too-many-reasons' });
    expect(await engine.held('list')).toHaveLength(66_000 - (refused?.count ?? 0));
    await engine.send('list', '192.0.2.1 reason "r1"\n192.0.2.2');
    expect(engine.reports.map(({ outcome }) => outcome)).toEqual(['banned', 'banned']);
    expect(warningsOf(engine)).toHaveLength(1);
    await engine.node.close();
  });
});

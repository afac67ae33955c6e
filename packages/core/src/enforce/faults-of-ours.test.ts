import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Page } from '../ledger/page.js';
import { SetPlan } from '../plan/set-plan.js';
import { createMemoryStore } from '../testing/memory-store.js';
import { addressLines, settle, startEngine } from './engine.fixture.js';
import { Telling } from './telling.js';
import { Upkeep } from './upkeep.js';

const one = { set: 'one', type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 } as const;
const other = { ...one, set: 'other' } as const;
const BAD = 0x0a00_0003;

afterEach(() => {
  jest.restoreAllMocks();
});

/** Makes a method throw where this is so; else it does what it did. */
function breakWhere<Owner extends object>(
  owner: Owner,
  name: keyof Owner & string,
  isBroken: (...args: unknown[]) => boolean,
): void {
  const real = owner[name] as unknown as (...args: unknown[]) => unknown;
  const broken = function (this: unknown, ...args: unknown[]): unknown {
    if (isBroken(...args)) throw new Error('a bug');
    return real.apply(this, args);
  };
  jest.spyOn(owner, name as never).mockImplementation(broken as never);
}

function isBadEntry(columns: unknown, index: unknown): boolean {
  return (columns as { words: Uint32Array }).words[index as number] === BAD;
}

describe('a fault of ours', () => {
  it('where an entry is merged costs that entry, and those beside it are kept', async () => {
    const store = createMemoryStore();
    const engine = await startEngine([one], { store });
    breakWhere(Page.prototype, 'merge', (columns, from, to) => {
      for (let index = from as number; index < (to as number); index++) {
        if (isBadEntry(columns, index)) return true;
      }
      return false;
    });
    await engine.send('one', addressLines(6));
    expect(engine.reports.map(({ outcome }) => outcome)).toEqual([
      ...['banned', 'banned', 'banned', 'failed', 'banned', 'banned'],
    ]);
    expect(engine.reports[3]).toMatchObject({
      code: 'internal',
      place: 'line 4',
      willRetry: false,
    });
    expect(engine.warnings).toEqual(['internal error while an entry was accepted: a bug']);
    await engine.node.close();
    jest.restoreAllMocks();
    const again = await startEngine([one], { store });
    await settle();
    expect(await again.held('one')).toHaveLength(5);
    await again.node.close();
  });

  it('where an entry is planned costs that entry for now; the next check sees to it', async () => {
    const engine = await startEngine([one]);
    breakWhere(Upkeep.prototype, 'follow', isBadEntry);
    await engine.send('one', addressLines(6));
    expect(engine.reports.filter(({ outcome }) => outcome === 'banned')).toHaveLength(5);
    jest.restoreAllMocks();
    await engine.pass(11_000);
    expect(await engine.held('one')).toHaveLength(6);
    await engine.node.close();
  });

  it('where outcomes are told fails those entries, in summaries too, and all are acknowledged', async () => {
    const engine = await startEngine([one]);
    let left = 2;
    breakWhere(Telling.prototype, 'wants', (outcome) => outcome === 'banned' && left-- > 0);
    await engine.send('one', addressLines(4));
    expect(engine.reports.map(({ outcome }) => outcome)).toEqual([
      ...['failed', 'failed', 'banned', 'banned'],
    ]);
    left = 2;
    await engine.send('one', addressLines(300, '', 1_000));
    expect(engine.summaries).toMatchObject([
      {
        outcomes: [
          { outcome: 'failed', code: 'internal', count: 2 },
          { outcome: 'banned', count: 298 },
        ],
      },
    ]);
    await engine.send('one', '192.0.2.1');
    expect(engine.reports.at(-1)).toMatchObject({ outcome: 'banned', address: '192.0.2.1' });
    await engine.node.close();
  });

  it('while the kernel is told fails each entry of the call, and is mended by the next check', async () => {
    const engine = await startEngine([one, other]);
    let calls = 0;
    breakWhere(SetPlan.prototype, 'timeout', () => (calls += 1) === 3);
    await engine.send('one', addressLines(5));
    expect(engine.reports.map(({ outcome }) => outcome)).toEqual(Array(5).fill('failed'));
    expect(await engine.held('one')).toEqual([]);
    await engine.send('other', '192.0.2.1');
    expect(await engine.held('other')).toEqual(['192.0.2.1']);
    await engine.pass(21_000);
    expect(await engine.held('one')).toHaveLength(5);
    await engine.send('one', '10.0.0.0');
    expect(engine.node.status().sets[0]).toMatchObject({ bans: 5, pending: 0 });
    await engine.node.close();
  });

  it('while a change is settled leaves no ban that could not be lifted', async () => {
    const engine = await startEngine([one]);
    breakWhere(SetPlan.prototype, 'hold', (_, end) => end !== 0);
    await engine.send('one', '192.0.2.1');
    expect(engine.reports).toMatchObject([{ outcome: 'failed' }]);
    expect(await engine.held('one')).toEqual(['192.0.2.1']);
    jest.restoreAllMocks();
    await engine.send('one/del', '192.0.2.1 origin web');
    await engine.send('one/del', '192.0.2.1');
    expect(await engine.held('one')).toEqual([]);
    await engine.node.close();
  });

  it('when bans end does not keep later ones from ending', async () => {
    const untimed = { set: 'one', type: 'hash:net', family: 'ipv4' } as const;
    const engine = await startEngine([untimed]);
    await engine.send('one', '192.0.2.1 timeout 5\n192.0.2.2 timeout 20');
    let isFirst = true;
    breakWhere(Upkeep.prototype, 'follow', (_columns, _index, end) => {
      const isBroken = isFirst && end === 0;
      if (isBroken) isFirst = false;
      return isBroken;
    });
    await engine.pass(22_000);
    expect(engine.warnings).toEqual(['internal error while bans ended: a bug']);
    expect(await engine.held('one')).not.toContain('192.0.2.2');
    await engine.node.close();
  });

  it('in one listener stops neither others nor the work', async () => {
    const engine = await startEngine([one]);
    engine.node.on('report', () => {
      throw new Error('a listener');
    });
    engine.node.on('summary', () => {
      throw new Error('a listener');
    });
    await engine.send('one', '192.0.2.1');
    await engine.send('one', addressLines(200));
    await engine.send('one', '192.0.2.2');
    expect(await engine.held('one')).toHaveLength(202);
    expect(engine.warnings.length).toBeGreaterThan(0);
    await engine.node.close();
  });
});

describe('a backend that throws', () => {
  it('fails each entry of the call, and is asked again: also to delete', async () => {
    const engine = await startEngine([one]);
    await engine.send('one', '192.0.2.1');
    engine.before = () => {
      throw new Error('no kernel');
    };
    await engine.send('one', addressLines(3));
    await engine.send('one/del', '192.0.2.1');
    expect(engine.reports.slice(1)).toMatchObject(
      Array(4).fill({ outcome: 'failed', code: 'unavailable', willRetry: true }),
    );
    engine.before = undefined;
    await engine.pass(11_000);
    expect(await engine.held('one')).toEqual(['10.0.0.0', '10.0.0.1', '10.0.0.2']);
    await engine.node.close();
  });
});

describe('the sign that work gets done', () => {
  it('comes at each check where nothing hangs, also while bans wait for a set', async () => {
    const full = { ...one, maxEntries: 1 };
    const engine = await startEngine([full, other]);
    engine.memory.destroySet('other');
    await engine.send('one', addressLines(10));
    await engine.send('other', '192.0.2.1');
    await settle();
    for (let check = 0; check < 3; check++) {
      engine.worked = 0;
      await engine.pass(11_000);
      expect(engine.worked).toBeGreaterThan(0);
    }
    await engine.node.close();
  });

  it('stays away while one set hangs, whatever is done in others, and comes back', async () => {
    const engine = await startEngine([one, other]);
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    engine.before = ({ set }) => (set === 'one' ? gate : undefined);
    void engine.send('one', '192.0.2.1');
    await engine.pass(62_000);
    engine.worked = 0;
    await engine.send('other', '192.0.2.2');
    await engine.pass(30_000);
    expect(await engine.held('other')).toEqual(['192.0.2.2']);
    expect(engine.worked).toBe(0);
    open();
    await engine.pass(11_000);
    expect(engine.worked).toBeGreaterThan(0);
    await engine.node.close();
  });
});

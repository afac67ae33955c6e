import { describe, expect, it } from '@jest/globals';
import type { Backend } from '../backend/backend.js';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { listMembers } from '../backend/list-members.js';
import { backendContract } from './backend-contract.js';

/** Titles of the cases that a memory backend fails once a part of it is replaced by a lie. */
async function failuresOf(lie: (honest: Backend) => Partial<Backend>): Promise<string[]> {
  let disposed = 0;
  const cases = backendContract(() => {
    const honest = createMemoryBackend();
    const backend = { ...honest, ...lie(honest) };
    return Promise.resolve({ backend, dispose: () => Promise.resolve(void (disposed += 1)) });
  });
  const failed: string[] = [];
  for (const { title, run } of cases) await run().catch(() => failed.push(title));
  expect(disposed).toBe(cases.length);
  return failed;
}

describe('the backend contract', () => {
  it('passes an honest backend', async () => {
    expect(await failuresOf(() => ({}))).toEqual([]);
  });

  it('fails a backend that calls everything applied', async () => {
    const failed = await failuresOf(({ apply }) => ({
      apply: async (changes) => (await apply(changes)).map(() => ({ outcome: 'applied' })),
    }));
    expect(failed).toContain('says unchanged for deleting what is not there');
    expect(failed.length).toBeGreaterThan(15);
  });

  it('fails a backend that gives up behind the first bad change', async () => {
    const failed = await failuresOf(({ apply }) => ({
      async apply(changes) {
        const reports = await apply(changes);
        const bad = reports.findIndex(({ outcome }) => outcome === 'failed');
        return bad < 0 ? reports : reports.slice(0, bad + 1);
      },
    }));
    expect(failed).toContain('loses nothing but the bad changes where they stand at 0 of ten');
  });

  it('fails a backend that applies deletions before additions', async () => {
    const failed = await failuresOf(({ apply }) => ({
      async apply(changes) {
        const order = [...changes].sort((one, other) => other.op.localeCompare(one.op));
        const reports = await apply(order);
        return changes.map((change) => reports[order.indexOf(change)] ?? { outcome: 'applied' });
      },
    }));
    expect(failed).toContain('keeps the order of changes to one address');
  });

  it('fails a backend that keeps the first timeout', async () => {
    const failed = await failuresOf((honest) => ({
      async apply(changes) {
        const [first] = changes;
        const held =
          first === undefined ? [] : await listMembers(honest, first.set).catch(() => []);
        const again = (text: string) => held.some(({ address }) => address.text === text);
        return first?.op === 'add' && changes.length === 1 && again(first.address.text)
          ? [{ outcome: 'applied' }]
          : honest.apply(changes);
      },
    }));
    expect(failed).toEqual([
      'replaces the timeout when adding again: longer, shorter, default, for ever and back',
    ]);
  });

  it('fails a backend that finds every address, and one that finds none', async () => {
    for (const answer of [true, false]) {
      const failed = await failuresOf(() => ({ test: () => Promise.resolve(answer) }));
      expect(failed).toContain('finds a single address that is there, and no other');
    }
  });

  it('fails a backend that takes a range for its first address', async () => {
    const failed = await failuresOf(({ apply }) => ({
      apply: (changes) => apply(changes.map(({ to: _to, ...change }) => change)),
    }));
    expect(failed).toContain(
      'adds each address of a range where the set takes single addresses only',
    );
  });

  it('fails a backend that lets a comment get in the way', async () => {
    const failed = await failuresOf(({ apply }) => ({
      apply: async (changes) =>
        (await apply(changes)).map((report, index) => {
          const change = changes[index];
          return change?.op === 'add' && change.comment !== undefined
            ? { outcome: 'failed', fault: 'unknown', detail: 'no comments here' }
            : report;
        }),
    }));
    expect(failed).toContain('adds what has a comment into a set that keeps none');
  });

  it('leaves out what a backend says that it lacks', () => {
    const open = () => Promise.reject(new Error('not called'));
    const all = backendContract(open);
    const some = backendContract(open, { lacks: ['ranges', 'comments', 'test'] });
    expect(all.length - some.length).toBe(9);
  });

  it('leaves out what needs a set type that the backend cannot make', () => {
    const open = () => Promise.reject(new Error('not called'));
    const titles = backendContract(open, { types: ['hash:ip'] }).map(({ title }) => title);
    expect(titles).toContain('adds and deletes an IPv4 address');
    expect(titles).not.toContain('keeps timeouts in bitmap:ip');
    expect(titles).not.toContain('cannot store the prefix of length 0');
  });
});

import { describe, expect, it } from '@jest/globals';
import type { EntryWork } from './entry-work.js';
import { Leaving } from './leaving.js';

function works(count: number): EntryWork[] {
  return Array.from({ length: count }, () => ({ number: 0 }) as unknown as EntryWork);
}

function leaving(): { leaving: Leaving; released: number[] } {
  const released: number[] = [];
  const plan = { release: (row: number) => released.push(row) };
  return {
    leaving: new Leaving({ plan } as unknown as ConstructorParameters<typeof Leaving>[0]),
    released,
  };
}

describe('a row that nobody needs', () => {
  it('is given up at once where no work waits', () => {
    const { leaving: rows, released } = leaving();
    rows.push(7);
    rows.release();
    expect(released).toEqual([7]);
  });

  it('is given up when all works are done that could name it, though others have come', () => {
    const { leaving: rows, released } = leaving();
    const [first, second, third] = works(3) as [EntryWork, EntryWork, EntryWork];
    rows.expect(first);
    rows.expect(second);
    rows.push(7);
    rows.release();
    rows.finished(first);
    rows.release();
    expect(released).toEqual([]);
    rows.expect(third);
    rows.finished(second);
    rows.release();
    expect(released).toEqual([7]);
  });

  it('does not stay for ever under a load that never ends', () => {
    const { leaving: rows, released } = leaving();
    const [first, ...others] = works(50) as [EntryWork, ...EntryWork[]];
    let before = first;
    rows.expect(before);
    for (const [row, work] of others.entries()) {
      rows.expect(work);
      rows.finished(before);
      rows.push(row);
      rows.release();
      before = work;
    }
    expect(released.length).toBeGreaterThan(40);
  });
});

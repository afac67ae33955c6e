import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { VallumStatus } from '@vallum/core';
import { EntryCounts } from './control/metrics/entry-counts.js';
import { describeNode as describeSeries } from './control/metrics/node-series.js';
import { serveNode } from './control/served-node.fixture.js';
import { describeNode } from './status/node-status.js';

const page = (name: string) => readFileSync(`../../docs/${name}.md`, 'utf8');

/** What stands as `code` in the first cell of the rows of a table. */
function namesIn(markdown: string, head: RegExp): string[] {
  const [, table = ''] =
    new RegExp(`^\\| ${head.source} .*\\n([^]*?)\\n\\n`, 'm').exec(markdown) ?? [];
  return table
    .split('\n')
    .flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)])
    .map(([, name = '']) => name);
}

describe('what the documentation lists', () => {
  it('is every metric, and no other', async () => {
    const node = await serveNode();
    const series = describeSeries(node.view.report(), new EntryCounts(() => undefined));
    await node.close();
    const names = [...series.map(({ name }) => name), 'vallum_ban_lag_seconds'];
    const listed = namesIn(page('operations'), /metric/);
    expect(listed.filter((name) => name.startsWith('vallum_')).sort()).toEqual(names.sort());
  });

  it('is every kind of line in the log', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    );
    const events = sources.flatMap((name) => {
      const text = readFileSync(`src/${name}`, 'utf8');
      return [
        ...text.matchAll(
          /\bevent: '([a-z-]+)'|\bwarn\([^]{1,300}?,\s+'([a-z-]+)',?\s*\)|return '(held-back)'/g,
        ),
      ];
    });
    const written = new Set(events.map(([, event, warned, held]) => event ?? warned ?? held ?? ''));
    // Told at --log-level debug alone.
    written.delete('check-failed');
    const listed = new Set(namesIn(page('operations'), /event/));
    expect(written.size).toBeGreaterThan(25);
    expect(
      [...written].filter((event) => !listed.has(event) && !event.startsWith('repair-')).sort(),
    ).toEqual([]);
  });

  it('is every key of a status, and the example has them as they are', () => {
    const set = {
      ...{ set: 'blacklist', state: 'ready', info: { type: 'hash:net', references: 1 } },
      ...{
        bans: 9,
        pending: 1,
        waiting: 1,
        refused: 1,
        refusals: [{ code: 'protected', count: 1 }],
      },
      ...{ policy: { quorum: 2 }, observed: 1, drift: { added: 0, deleted: 0 } },
    };
    const ledger = {
      ...{ topic: 'blacklist', set: 'blacklist', digest: '0', heard: true, differing: 0 },
      ...{ taken: 0, given: 0, agreedAtUnix: 1 },
    };
    const protection = { topic: 'vallum/protect', entries: 1, refused: 1, allowed: true };
    const described = describeNode({
      status: {
        connection: 'connected',
        lagMs: 1,
        sets: [set],
        ledgers: [ledger],
        protection,
      } as unknown as VallumStatus,
      contact: {
        received: { blacklist: 1 },
        missed: [{ why: 'session', from: 1, until: 2, taken: 0, agreed: 3 }],
      },
      ...{ backend: 'ipset', addresses: [], attention: [], digests: new Map([['blacklist', '0']]) },
    });
    const [, text = ''] = /^## Status$([^]*?)^## /m.exec(page('protocol')) ?? [];
    const [, example = '{}'] = /```json\n([^]*?)```/.exec(text) ?? [];
    const shown = JSON.parse(example) as typeof described;
    expect(Object.keys(shown)).toEqual(expect.arrayContaining(Object.keys(described)));

    const keysOfSet = Object.keys(described.sets[0]!);
    const ofSets = namesIn(text, /of a set/);
    expect(keysOfSet.filter((key) => key !== 'set' && !ofSets.includes(key))).toEqual([]);
    expect(Object.keys(shown.sets[0]!).filter((key) => !keysOfSet.includes(key))).toEqual([]);
    const ofLedgers = namesIn(text, /of a ledger/);
    const keysOfLedger = Object.keys(described.ledgers![0]!);
    expect(keysOfLedger.filter((key) => !['topic', 'set', ...ofLedgers].includes(key))).toEqual([]);
    // In words, behind the tables.
    const elsewhere = ['ledgers', 'protection', 'received', 'missed'];
    const listed = ['sets', ...namesIn(text, /key/), ...elsewhere];
    expect(Object.keys(described).filter((key) => !listed.includes(key))).toEqual([]);
    for (const name of elsewhere) expect(text).toContain(`\`${name}\``);
  });
});

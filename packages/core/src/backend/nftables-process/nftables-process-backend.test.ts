import { describe, expect, it } from '@jest/globals';
import type { SetName } from '../../words/names.js';
import type { Run } from '../../system/run.js';
import { add, del, verdicts } from '../../testing/contract-case.js';
import { createNftablesProcessBackend } from './nftables-process-backend.js';

const set = 'blacklist' as SetName;
const LISTING = JSON.stringify({
  nftables: [
    { table: { family: 'inet', name: 'filter' } },
    { set: { name: 'blacklist', type: 'ipv4_addr', handle: 1, flags: ['timeout'], size: 2 } },
    { rule: { expr: [{ match: { left: {}, right: '@blacklist' } }, { drop: null }] } },
  ],
});

/** nft that lists one set, and answers each script with what `judge` says of its lines. */
function fakeNft(judge: (lines: string[]) => string): { run: Run; scripts: string[][] } {
  const scripts: string[][] = [];
  const run: Run = (_program, args, options) => {
    if (args.includes('list')) return Promise.resolve({ code: 0, stdout: LISTING, stderr: '' });
    const lines = (options?.input ?? '').trimEnd().split('\n');
    scripts.push(lines);
    const stderr = judge(lines);
    return Promise.resolve({ code: stderr === '' ? 0 : 1, stdout: '', stderr });
  };
  return { run, scripts };
}

const absent = (lines: string[]): string =>
  lines
    .map((line, index) =>
      line.startsWith('delete') && !lines.slice(0, index).includes(line.replace('delete', 'add'))
        ? `/dev/stdin:${index + 1}:32-38: Error: Could not process rule: No such file or directory\n`
        : '',
    )
    .join('');

describe('the nftables backend through nft', () => {
  it('takes the lines that nft names out of the transaction, and sends the rest again', async () => {
    const { run, scripts } = fakeNft(absent);
    const backend = createNftablesProcessBackend({ run });
    const changes = [del(set, '192.0.2.1'), add(set, '192.0.2.2'), del(set, '192.0.2.3')];
    expect(verdicts(await backend.apply(changes))).toEqual(['unchanged', 'applied', 'unchanged']);
    expect(scripts.at(-1)?.filter((line) => !line.startsWith('add table'))).toEqual([
      'add element inet filter blacklist { 192.0.2.2 }',
      'delete element inet filter blacklist { 192.0.2.2 }',
      'add element inet filter blacklist { 192.0.2.2 }',
    ]);
  });

  it('writes timeouts as numbers that nft takes', async () => {
    const { run, scripts } = fakeNft(() => '');
    const backend = createNftablesProcessBackend({ run, family: 'ip', table: 'vallum' });
    await backend.apply([add(set, '192.0.2.2', 2_147_483)]);
    expect(scripts[0]?.[0]).toBe(
      'add element ip vallum blacklist { 192.0.2.2 timeout 24d73883s0ms }',
    );
  });

  it.each([
    ['netlink: Error: cache initialization failed: Operation not permitted', 'permission-denied'],
    ['Error: Could not process rule: Operation not supported', 'unavailable'],
    ['Segmentation fault', 'unknown'],
  ])('gives every change the fault of a run that failed as a whole: %s', async (stderr, fault) => {
    const { run } = fakeNft(() => stderr);
    const backend = createNftablesProcessBackend({ run });
    const changes = [add(set, '192.0.2.1'), add(set, '192.0.2.2')];
    expect(verdicts(await backend.apply(changes))).toEqual([fault, fault]);
  });

  it('says how to install nft where it is missing', async () => {
    const run: Run = () => Promise.reject(Object.assign(new Error('spawn'), { code: 'ENOENT' }));
    const backend = createNftablesProcessBackend({ run });
    await expect(backend.inspect(set)).rejects.toThrow(/apt install nftables/);
    const [report] = await backend.apply([add(set, '192.0.2.1')]);
    expect(report).toMatchObject({
      fault: 'unavailable',
      detail: expect.stringContaining('apt install nftables'),
    });
  });

  it.each(['a b', 'x; flush ruleset', '-f', '', '1table'])(
    'refuses the table name %j, which would be read as something else',
    (table) => {
      expect(() => createNftablesProcessBackend({ table })).toThrow(/no name of a table/);
    },
  );

  it('refuses to create a set whose name nft would read as something else', async () => {
    const { run, scripts } = fakeNft(() => '');
    const backend = createNftablesProcessBackend({ run });
    const spec = { set: 'a:b@c' as SetName, type: 'hash:ip', family: 'ipv4' } as const;
    await expect(backend.create(spec)).rejects.toThrow(/nft cannot read such a name/);
    expect(scripts).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { parseBinding } from '@vallum/core/protocol';
import { planNft, planNftRemoval } from './nft-lines.js';
import { readNftTable } from './nft-table.js';
import { wantedSets, type Wanted } from './wanted.js';

const TABLE = { family: 'inet', table: 'vallum' } as const;

function wanted(more: Partial<Wanted> = {}): Wanted {
  const binding = parseBinding('a6');
  if (!binding.ok) throw new Error(binding.detail);
  const shape = { type: 'hash:ip', timeoutSeconds: 90, maxEntries: 7 } as const;
  const sets = wantedSets([binding.value], shape);
  return { sets, hooks: ['forward'], allowEstablished: true, ...more };
}

const json = (...nftables: readonly object[]) =>
  readNftTable(JSON.stringify({ nftables: [{ metainfo: {} }, { table: {} }, ...nftables] }));
const chain = (name: string) => ({ chain: { name } });
const set = (name: string) => ({ set: { name, type: 'ipv6_addr' } });
const rule = (in_: string, handle: number, comment: string | undefined, ...expr: object[]) => ({
  rule: { chain: in_, handle, ...(comment === undefined ? {} : { comment }), expr },
});
const lookup = (name: string) => ({
  match: { op: '==', left: { payload: { protocol: 'ip6', field: 'saddr' } }, right: `@${name}` },
});
const drop = { drop: null };

describe('the plan for nftables', () => {
  it('is the whole table where none is there', () => {
    expect(planNft(wanted(), TABLE, undefined)).toEqual([
      'add table inet vallum',
      'add set inet vallum a6 { type ipv6_addr; flags timeout; timeout 90s; size 7; }',
      'add chain inet vallum vallum-allow',
      'add chain inet vallum vallum-forward { type filter hook forward priority -10; policy accept; }',
      'add rule inet vallum vallum-forward ip6 saddr @a6 counter drop comment "vallum+set"',
      'insert rule inet vallum vallum-forward ct state established,related accept comment "vallum"',
      'insert rule inet vallum vallum-forward jump vallum-allow comment "vallum"',
    ]);
  });

  it('marks no set as its own that was there, nor takes a rule of somebody else for its own', () => {
    const there = json(
      ...[set('a6'), chain('vallum-allow'), chain('vallum-forward')],
      rule('vallum-forward', 3, undefined, lookup('a6'), drop),
      rule('vallum-forward', 4, 'vallum', { jump: { target: 'vallum-allow' } }),
    );
    expect(planNft(wanted({ allowEstablished: false }), TABLE, there)).toEqual([
      'add rule inet vallum vallum-forward ip6 saddr @a6 counter drop comment "vallum"',
    ]);
  });

  it('takes away what carries the mark, also as it once was, and nothing else', () => {
    const old = [chain('input'), rule('input', 2, 'vallum', lookup('a6'), { counter: {} }, drop)];
    expect(planNftRemoval(TABLE, json(set('a6'), ...old))).toEqual({
      lines: ['delete rule inet vallum input handle 2', 'delete chain inet vallum input'],
      kept: ['set a6'],
    });
    const own = [
      ...[set('a6'), chain('vallum-allow'), chain('vallum-input')],
      rule('vallum-input', 5, 'vallum+set', lookup('a6'), drop),
    ];
    expect(planNftRemoval(TABLE, json(...own))).toEqual({
      ...{ lines: ['delete table inet vallum'], kept: [] },
    });
    // Somebody's rule uses the set, a counter is his too.
    const foreign = rule('mine', 9, undefined, lookup('a6'), drop);
    const shared = json(...own, chain('mine'), foreign, { counter: { name: 'c' } });
    expect(planNftRemoval(TABLE, shared)).toEqual({
      lines: [
        'delete rule inet vallum vallum-input handle 5',
        'delete chain inet vallum vallum-input',
        'delete chain inet vallum vallum-allow',
      ],
      kept: ['set a6', 'chain mine', 'counter c'],
    });
    expect(planNftRemoval(TABLE, json(chain('mine'), foreign))).toEqual({ lines: [], kept: [] });
    expect(planNftRemoval(TABLE, undefined)).toEqual({ lines: [], kept: [] });
  });
});

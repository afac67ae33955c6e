import { describe, expect, it } from '@jest/globals';
import type { SetName } from '../../words/names.js';
import { add, del, testAddress } from '../../testing/contract-case.js';
import { TimeSlice } from '../../netlink/index.js';
import type { Change } from '../backend.js';
import { changeColumns } from '../change-columns.js';
import { intervalOf } from '../../address/position.js';
import { IntervalChanges } from './interval-changes.js';
import { sortPrefixes } from './sort-prefixes.js';
import { splitByRoom } from './split-by-room.js';

const set = 'blacklist' as SetName;

function changesOf(changes: readonly Change[]): Promise<IntervalChanges> {
  const rows = Uint32Array.from(changes.keys());
  const columns = changeColumns(set, 'ipv4', changes);
  return IntervalChanges.of(columns, rows, {}, 0, new TimeSlice());
}

describe('splitByRoom', () => {
  it('puts additions last that meet nothing, behind every deletion', async () => {
    const asked = [
      add(set, '10.0.0.0/8'),
      add(set, '192.0.2.0/24'),
      del(set, '192.0.2.0/24'),
      del(set, '198.51.100.0/24'),
      add(set, '198.51.100.0/24'),
      add(set, '10.1.0.0/16'),
      add(set, '203.0.113.0/24'),
    ];
    const changes = await changesOf(asked);
    const held = [
      { ...intervalOf(testAddress('10.0.0.0/8')), prefixLength: 8, endsAtMs: Infinity },
    ];
    const order = await sortPrefixes(changes, new TimeSlice());
    const { first, rest } = splitByRoom(held, changes, order);
    expect([...first]).toEqual([0, 5, 1, 2, 3]);
    expect([...rest]).toEqual([4, 6]);
  });

  it('has nothing to try first where all needs room', async () => {
    const changes = await changesOf([add(set, '192.0.2.0/24')]);
    const order = await sortPrefixes(changes, new TimeSlice());
    expect(splitByRoom([], changes, order).first).toHaveLength(0);
  });
});

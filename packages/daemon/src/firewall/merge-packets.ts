import type { Family } from '@vallum/core';
import { unite, type IntervalSet } from './interval-set.js';
import type { Packets } from './match-packets.js';
import { contains, DIMENSIONS, type Dimension, type Region } from './packet-space.js';

/** Boxes beyond which packets are no longer divided: more is taken for open than is, never less. */
export const MOST_BOXES = 128;

/** Boxes that lie in others leave; too many translated ones become one. */
export function mergePackets(packets: Packets[], family: Family): Packets[] {
  if (packets.length > MOST_BOXES) return hull(packets);
  const kept: Packets[] = [];
  for (const one of packets) {
    const inside = (other: Packets): boolean =>
      other.mark === one.mark &&
      other.connectionMark === one.connectionMark &&
      (other.doubt === undefined || other.doubt === one.doubt) &&
      (other.friends === undefined || other.friends.set === one.friends?.set) &&
      (other.exception === undefined || other.exception.by === one.exception?.by) &&
      other.asked === one.asked &&
      contains(other.region, one.region, family);
    if (!kept.some(inside)) kept.push(one);
  }
  return kept;
}

/** One box for all that are alike but for addresses and ports: more than there is, and never less. */
function hull(packets: readonly Packets[], withRule = true): Packets[] {
  const groups = new Map<string, Packets[]>();
  for (const one of packets) {
    const { mark, connectionMark, doubt, friends, exception, by, region } = one;
    const { kind, ct, iif } = region;
    const alike = [mark, connectionMark, doubt, friends, exception, withRule && by, kind, ct, iif];
    const key = JSON.stringify([...alike, one.asked === undefined]);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  const merged = [...groups.values()].map(mergeAll);
  return withRule && merged.length > MOST_BOXES ? hull(merged, false) : merged;
}

function mergeAll(group: readonly Packets[]): Packets {
  const [first] = group;
  if (!first) throw new RangeError('nothing to merge');
  if (group.length === 1) return first;
  const regions = group.map(({ region }) => region);
  return {
    ...first,
    region: mergeRegions(regions),
    ...(first.asked && { asked: mergeRegions(group.map(({ asked = {} }) => asked)) }),
  };
}

function mergeRegions(regions: readonly Region[]): Region {
  const merged: Partial<Record<Dimension, IntervalSet>> = {};
  for (const dimension of DIMENSIONS) {
    const sets = new Set(regions.map((region) => region[dimension]));
    const found = [...sets].filter((set) => set !== undefined);
    if (found.length === sets.size) merged[dimension] = unite(found);
  }
  return merged;
}

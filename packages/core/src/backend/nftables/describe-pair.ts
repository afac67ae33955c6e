import type { SetName } from '../../words/names.js';
import type { DropCount, SetInfo } from '../backend.js';
import type { NftSet, SetUse } from './set-driver.js';

/** The sets of nftables behind one of Vallum's. */
export interface Pair {
  readonly main: NftSet;
  readonly prefixes: NftSet | undefined;
}

/** What one of Vallum's sets is, put together from the sets of nftables behind it. */
export function describePair(
  set: SetName,
  pair: Pair,
  entries: number,
  uses: ReadonlyMap<string, SetUse>,
): SetInfo {
  const { main, prefixes } = pair;
  const { family, type, interval, defaultTimeoutMs, size } = main;
  const rules = uses.get(main.name)?.rules ?? 0;
  const prefixRules = prefixes === undefined ? 0 : (uses.get(prefixes.name)?.rules ?? 0);
  const dropped = droppedBy(pair, uses);
  return {
    set,
    type: family === undefined ? type : interval || prefixes !== undefined ? 'hash:net' : 'hash:ip',
    family: family ?? 'ipv4',
    ...(defaultTimeoutMs === undefined
      ? {}
      : { defaultTimeoutSeconds: Math.round(defaultTimeoutMs / 1000) }),
    ...(size === undefined ? {} : { maxEntries: size }),
    entries,
    // Where rules look up one of the two only, bans of the other kind do nothing: that is news.
    references:
      prefixes !== undefined && (rules === 0 || prefixRules === 0) ? 0 : rules + prefixRules,
    ...(dropped === undefined ? {} : { dropped }),
    identity: prefixes === undefined ? main.handle : `${main.handle}+${prefixes.handle}`,
  };
}

/** What the rules that look up either of the two have dropped. */
export function droppedBy(
  { main, prefixes }: Pair,
  uses: ReadonlyMap<string, SetUse>,
): DropCount | undefined {
  return sumOf(uses.get(main.name)?.dropped, prefixes && uses.get(prefixes.name)?.dropped);
}

export function sumOf(
  one: DropCount | undefined,
  other: DropCount | undefined,
): DropCount | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { packets: one.packets + other.packets, bytes: one.bytes + other.bytes };
}

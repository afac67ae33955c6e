import type { SetName } from '../../words/names.js';
import type { SetInfo } from '../backend.js';
import type { NftSet } from './set-driver.js';

/** What one of Vallum's sets is, put together from the sets of nftables behind it. */
export function describePair(
  set: SetName,
  main: NftSet,
  prefixes: NftSet | undefined,
  entries: number,
  references: ReadonlyMap<string, number>,
): SetInfo {
  const { family, type, interval, defaultTimeoutMs, size } = main;
  const rules = references.get(main.name) ?? 0;
  const prefixRules = prefixes === undefined ? 0 : (references.get(prefixes.name) ?? 0);
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
    identity: prefixes === undefined ? main.handle : `${main.handle}+${prefixes.handle}`,
  };
}

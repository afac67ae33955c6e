import { DEFAULT_MAX_COVER } from '@vallum/core';
import { count } from '@vallum/options';
import type { WantedList } from './wanted-list.js';

/**
 * Why a list looks like a mistake of whoever publishes it, and not like what is to be banned now.
 *
 * @param lastSize how many addresses the last list in step had; 0 where there was none
 * @returns undefined where nothing is suspicious
 */
export function listFault(
  { addresses, bad, repeated, cover }: WantedList,
  lastSize: number,
): string | undefined {
  const size = addresses.length;
  if (size === 0) return bad > 0 ? 'no line of it is usable' : 'it is empty';
  if (bad > size + repeated) {
    return `more of it is unusable (${count(bad, 'entry')}) than usable (${count(size, 'entry')}): is it a list of addresses?`;
  }
  if (2 * size < lastSize) {
    return `it has shrunk to less than half: ${count(size, 'entry')}, and the last one had ${lastSize.toString()}`;
  }
  for (const [family, share] of Object.entries(cover)) {
    if (share > DEFAULT_MAX_COVER) {
      const percent = (100 * share).toFixed(1);
      const most = (100 * DEFAULT_MAX_COVER).toString();
      return (
        `it covers ${percent} % of all ${family === 'ipv4' ? 'IPv4' : 'IPv6'} addresses; a vallumd ` +
        `whose --max-cover does not say otherwise bans ${most} % at most`
      );
    }
  }
  return undefined;
}

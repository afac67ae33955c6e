import type { SetSpec } from '../backend/backend.js';
import { familyOfName, type SetName } from '../words/names.js';
import type { CreateOptions } from './create-options.js';

/** How a missing set is made: `blacklist6` is for IPv6, as fail2ban names its own. */
export function specFor(set: SetName, options: CreateOptions): SetSpec {
  const { type = 'hash:net', defaultTimeoutSeconds, maxEntries, range, comments } = options;
  return {
    set,
    type,
    family: type === 'bitmap:ip' ? 'ipv4' : familyOfName(set),
    ...(defaultTimeoutSeconds === undefined ? {} : { defaultTimeoutSeconds }),
    ...(maxEntries === undefined ? {} : { maxEntries }),
    ...(range === undefined ? {} : { range }),
    ...(comments === undefined ? {} : { comments }),
  };
}

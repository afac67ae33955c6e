import type { Family } from '../address/address.js';
import type { SetInfo } from '../backend/backend.js';
import { routeFamily } from '../policy/route-family.js';
import { success, type Result } from '../words/result.js';
import { ipv6Companion, type SetName } from '../words/names.js';
import type { SetWatch } from './set-watch.js';

/** The kernel set that a bound set's bans of one family go to. */
export function kernelSet(
  watch: SetWatch,
  set: SetName,
  family: Family,
): Result<SetName, 'wrong-family'> {
  // Several times for each message, and nearly always the set is of the family.
  if (watch.info(set)?.family === family) return success(set);
  const target = routeFamily(
    set,
    family,
    (name) => watch.info(name),
    (name) => watch.howToCreate(name),
  );
  const companion = family === 'ipv6' && !target.ok ? ipv6Companion(set) : undefined;
  // An IPv6 set that was there is on its way back, as after a firewall's reload: bans wait for it.
  return companion !== undefined && watch.state(companion).state !== 'unknown'
    ? success(companion)
    : target;
}

/** The description of that kernel set, where it is there and ready. */
export function kernelInfo(watch: SetWatch, set: SetName, family: Family): SetInfo | undefined {
  const target = kernelSet(watch, set, family);
  return target.ok ? watch.info(target.value) : undefined;
}

import type { Family } from '../address/address.js';
import type { SetInfo } from '../backend/backend.js';
import { ipv6Companion, type SetName } from '../words/names.js';
import { failure, success, type Result } from '../words/result.js';

/**
 * Finds the kernel set for an address: the set itself where the family fits, or its IPv6 companion.
 *
 * @param lookUp what is known of a kernel set; undefined where it is missing or not known
 * @param howToCreate the command that makes a set, for an administrator to type
 */
export function routeFamily(
  set: SetName,
  family: Family,
  lookUp: (set: SetName) => SetInfo | undefined,
  howToCreate: (set: SetName) => string,
): Result<SetName, 'wrong-family'> {
  const info = lookUp(set);
  if (info?.family === family) return success(set);
  const companion = ipv6Companion(set);
  const companionInfo = companion === undefined ? undefined : lookUp(companion);
  if (info === undefined) {
    const useCompanion = family === 'ipv6' && companionInfo?.family === 'ipv6';
    return success(useCompanion && companion !== undefined ? companion : set);
  }
  if (family === 'ipv4') {
    return failure(
      'wrong-family',
      `set ${set} holds IPv6 addresses; IPv4 ones need a set of family inet`,
    );
  }
  if (companion !== undefined && companionInfo?.family === 'ipv6') return success(companion);
  return failure(
    'wrong-family',
    companion === undefined
      ? `set ${set} holds IPv4 addresses, and its name leaves no room for an IPv6 set beside it`
      : `set ${set} holds IPv4 addresses; for IPv6 create a set beside it: ${howToCreate(companion)}`,
  );
}

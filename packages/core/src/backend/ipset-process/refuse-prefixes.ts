import { isSingleAddress } from '../../address/address.js';
import type { SetName } from '../../words/names.js';
import type { Change, ChangeFault, ChangeReport, SetInfo } from '../backend.js';
import { failedChange } from '../explain-fault.js';
import { faultOf } from '../report-thrown.js';
import type { NumberedChange } from './compose-session.js';

/**
 * Finds the prefixes that must not reach ipset: it would unfold one into single addresses in a
 * hash:ip or bitmap:ip, as many as 65,536 for a /16, and delete them likewise. Their sets are
 * looked up afresh for each call, for a remembered type may be that of a set since replaced; a call
 * without prefixes costs nothing.
 */
export async function refusePrefixes(
  changes: readonly NumberedChange[],
  inspect: (set: SetName) => Promise<SetInfo | undefined>,
): Promise<Map<number, ChangeReport>> {
  const refusals = new Map<number, ChangeReport>();
  const looks = new Map<SetName, Promise<SetInfo | ChangeFault>>();
  for (const { index, change } of changes) {
    if (isSingleAddress(change.address)) continue;
    const look = looks.get(change.set) ?? lookAt(change.set, inspect);
    looks.set(change.set, look);
    const fault = prefixFault(change, await look);
    if (fault !== undefined) refusals.set(index, failedChange(change, fault));
  }
  return refusals;
}

async function lookAt(
  set: SetName,
  inspect: (set: SetName) => Promise<SetInfo | undefined>,
): Promise<SetInfo | ChangeFault> {
  try {
    return (await inspect(set)) ?? 'set-missing';
  } catch (error) {
    return faultOf(error);
  }
}

function prefixFault(change: Change, look: SetInfo | ChangeFault): ChangeFault | undefined {
  if (typeof look === 'string') return look;
  if (look.family !== change.address.family) return 'wrong-family';
  return look.type === 'hash:net' ? undefined : typeFault(look.type);
}

function typeFault(type: string): ChangeFault {
  return type === 'hash:ip' || type === 'bitmap:ip' ? 'prefix-unsupported' : 'unsupported-type';
}

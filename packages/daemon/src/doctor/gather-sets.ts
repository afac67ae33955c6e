import { VallumError, type Backend, type Family, type SetInfo } from '@vallum/core';
import { familyOfName, ipv6Companion, type SetName } from '@vallum/core/protocol';

/** One kernel set that vallumd is to edit. */
export interface SetFacts {
  readonly set: SetName;
  /** The set for the other family, beside one that was named. */
  readonly companion: boolean;
  readonly family: Family;
  readonly info?: SetInfo;
  readonly fault?: Pick<VallumError, 'code' | 'message'>;
}

/**
 * Asks for each set, and for `<set>6` beside each IPv4 set.
 *
 * @param sets without repetition
 */
export async function gatherSets(
  sets: readonly SetName[],
  inspect: Backend['inspect'],
): Promise<SetFacts[]> {
  const facts: SetFacts[] = [];
  for (const set of sets) {
    const found = await look(set, false, inspect);
    facts.push(found);
    const companion = ipv6Companion(set);
    if (companion === undefined) continue;
    if (found.family === 'ipv6' || sets.includes(companion)) continue;
    facts.push(await look(companion, true, inspect));
  }
  return facts;
}

async function look(
  set: SetName,
  companion: boolean,
  inspect: Backend['inspect'],
): Promise<SetFacts> {
  const family = familyOfName(set);
  try {
    const info = await inspect(set);
    return { set, companion, family: info?.family ?? family, ...(info ? { info } : {}) };
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    return { set, companion, family, fault: error };
  }
}

import {
  compareForRoom,
  compareRegisters,
  haveSameKey,
  outlasts,
  type Register,
} from './register.js';

/** Leases and withdrawals of one address; its sweep has a place of its own. */
export const LEASES_PER_ADDRESS = 64;

/**
 * What is known of one address once more has come to be known: one register for each key, in no
 * particular order. Merging again, in another order or in other pieces, ends in the same registers,
 * but for their `keepUntil`: that says what this node has seen, not what is known.
 *
 * This is how it is meant; `ledger/page-merge.ts` does the same for a million addresses.
 */
export function mergeRegisters(
  known: readonly Register[],
  more: readonly Register[],
  leasesPerAddress = LEASES_PER_ADDRESS,
): Register[] {
  const all = [...known, ...more];
  const sweep = all
    .filter(({ kind }) => kind === 'sweep')
    .reduce<Register | undefined>(
      (one, other) => (one === undefined ? other : mergeTwo(one, other)),
      undefined,
    );
  const others = all.filter(({ kind }) => kind !== 'sweep');
  // A sweep ends every lease that is not younger, and says all that a withdrawal before it says.
  const isSwept = ({ stamp }: Register): boolean => sweep !== undefined && stamp <= sweep.stamp;
  const left = onePerKey(others.filter((register) => !isSwept(register)))
    .sort((one, other) => compareForRoom(other, one))
    .slice(0, leasesPerAddress);
  if (sweep === undefined) return left;
  const keepUntil = Math.max(sweep.keepUntil, ...others.filter(isSwept).map(outlasts));
  return [{ ...sweep, keepUntil }, ...left];
}

function onePerKey(registers: readonly Register[]): Register[] {
  const merged: Register[] = [];
  for (const register of registers) {
    const index = merged.findIndex((known) => haveSameKey(known, register));
    const known = merged[index];
    if (known === undefined) merged.push(register);
    else merged[index] = mergeTwo(known, register);
  }
  return merged;
}

/** The greater of two registers of one key, which remembers what the other could bring back. */
export function mergeTwo(one: Register, other: Register): Register {
  const order = compareRegisters(one, other);
  if (order === 0) {
    return {
      ...one,
      // One of them may know already what the set says.
      until: one.until === 0 ? other.until : one.until,
      keepUntil: Math.max(one.keepUntil, other.keepUntil),
    };
  }
  const [winner, loser] = order > 0 ? [one, other] : [other, one];
  return { ...winner, keepUntil: Math.max(winner.keepUntil, outlasts(loser)) };
}

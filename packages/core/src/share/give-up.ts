import { wordsPerAddress } from '../address/address-columns.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { BAN, OWN_STAMP } from '../message/entry-columns.js';

/** The least by which stamps of today differ is a quarter of it. */
const JUST_AFTER_MS = 0.001;
/** Over for long. */
const OVER = 1;

/**
 * What ends some leases here and nowhere else: of each, a lease of the same key that is over, and so
 * little younger that whatever its origin has asked for since is younger still. Withdrawals would not do:
 * an anonymous one is a sweep, and ends what other origins have asked for.
 */
export function endingLeases(
  columns: RegisterColumns,
  indexes: readonly number[],
): RegisterColumns | undefined {
  const leases = indexes.filter((index) => columns.actions[index] === BAN);
  if (leases.length === 0) return undefined;
  const { family, originNames } = columns;
  const { length } = leases;
  const perAddress = wordsPerAddress(family);
  const pick = (column: ArrayLike<number>): number[] => leases.map((index) => column[index] ?? 0);
  const words = new Uint32Array(perAddress * length);
  leases.forEach((index, at) => {
    words.set(
      columns.words.subarray(perAddress * index, perAddress * (index + 1)),
      perAddress * at,
    );
  });
  return {
    ...{ family, length, words, originNames },
    prefixLengths: Uint8Array.from(pick(columns.prefixLengths)),
    actions: new Uint8Array(length).fill(BAN),
    flags: Uint8Array.from(pick(columns.flags), (flags) => flags & OWN_STAMP),
    origins: Uint32Array.from(pick(columns.origins)),
    untils: new Float64Array(length).fill(OVER),
    stamps: Float64Array.from(pick(columns.stamps), (stamp) => stamp + JUST_AFTER_MS),
    reasons: new Uint32Array(length),
    reasonTexts: [''],
    keepUntils: new Float64Array(length),
  };
}

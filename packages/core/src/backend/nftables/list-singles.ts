import { setTimeout as sleep } from 'node:timers/promises';
import type { MemberBatches } from '../member-batches.js';
import { withoutRepeats } from '../without-repeats.js';
import type { NftSet, SetDriver } from './set-driver.js';

const MAX_ATTEMPTS = 6;
const FIRST_PAUSE_MS = 5;

/**
 * Lists a hash set, each element once.
 *
 * While the kernel moves a hash table's elements to a larger or smaller one, which it does in the
 * background after many came or went, a listing starts again in the middle (`nft_rhash_walk` of
 * nft_set_hash.c): some elements are in it twice, and others not at all. So what has repeated itself
 * is listed again a little later.
 *
 * @throws VallumError as `Backend.members`
 */
export async function listSingles(
  driver: Pick<SetDriver, 'singles'>,
  set: NftSet,
  pause: (ms: number) => Promise<unknown> = sleep,
): Promise<MemberBatches> {
  for (let attempt = 1; ; attempt++) {
    const listed = await driver.singles(set);
    const members = await withoutRepeats(listed);
    const isWhole = members.length === listed.length && !lacksSome(set, members.length);
    if (isWhole || attempt === MAX_ATTEMPTS) return members;
    await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
  }
}

/** Elements that have ended are counted until they are swept out, and not listed: no telling there. */
function lacksSome({ count, defaultTimeoutMs }: NftSet, listed: number): boolean {
  return defaultTimeoutMs === undefined && count !== undefined && listed < count;
}

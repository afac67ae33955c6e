/** In a state: it may be leased and may not, since the last sync did not come to its end. */
export const UNSURE = 0;

/** What this origin is known to lease, or may: when each lease ends in Unix seconds, or UNSURE. */
export type LeasedUntil = ReadonlyMap<string, number>;

/** What has to be sent so that what is leased is what is wanted. */
export interface Difference {
  readonly added: readonly string[];
  readonly renewed: readonly string[];
  readonly withdrawn: readonly string[];
  readonly unchanged: number;
}

/**
 * Compares what is leased with what is wanted. A lease is renewed once half of its time is over, and
 * where it would last longer than it may now.
 *
 * @param wanted without repetitions
 */
export function findDifference(
  leased: LeasedUntil,
  wanted: readonly string[],
  { nowSeconds, ttlSeconds }: { readonly nowSeconds: number; readonly ttlSeconds: number },
): Difference {
  const added: string[] = [];
  const renewed: string[] = [];
  const withdrawn: string[] = [];
  const isWanted = new Set(wanted);
  let unchanged = 0;
  for (const address of wanted) {
    const end = leased.get(address) ?? UNSURE;
    const left = end - nowSeconds;
    if (end === UNSURE || left <= 0) added.push(address);
    else if (left <= ttlSeconds / 2 || left > ttlSeconds + CLOCK_SLACK_SECONDS)
      renewed.push(address);
    else unchanged += 1;
  }
  // Also what is over by this clock: by those of the nodes it may not be.
  for (const address of leased.keys()) if (!isWanted.has(address)) withdrawn.push(address);
  return { added, renewed, withdrawn, unchanged };
}

/** A clock that was put right by less is no reason to send everything again. */
const CLOCK_SLACK_SECONDS = 60;

import type { HeardLease } from '../lease/heard-lease.js';
import { MONTH_SECONDS, originPart, type SetPolicy } from './set-policy.js';

const { floor, max, min } = Math;

/** What a policy makes of the leases of an address. */
export interface EndDecision {
  /** When the ban that this node enforces ends: Unix seconds, Infinity, or 0: there is none. */
  readonly end: number;
  /** How many origins count that it takes `quorum` of. */
  readonly origins: number;
  /** How many bans of the address before this one count. */
  readonly bansBefore: number;
}

/**
 * When a ban ends that follows from leases, by a policy: each lease counts from when it was asked for
 * until its end, but no shorter than `minBanSeconds` or its step of `escalateSeconds` and no longer than
 * `maxBanSeconds`; and the ban lasts as long as enough origins count.
 *
 * The order of the leases does not matter, nor that some are given twice; the decision changes with
 * time at no other moment than its end.
 */
export function decideEnd(
  heard: readonly HeardLease[],
  policy: SetPolicy,
  nowUnix: number,
): EndDecision {
  const { quorum = 1, quorumBy = 'host', maxBanSeconds = Infinity } = policy;
  const before = countBansBefore(heard, policy, nowUnix);
  const parts: string[] = [];
  /** By part: when its longest lease ends. */
  const ends: number[] = [];
  let bansBefore = 0;
  let index = -1;
  for (const { origin, stampMs, until, nextStampMs } of heard) {
    index += 1;
    // Its origin has asked for something else before it was over.
    if (until * 1000 > nextStampMs) continue;
    const start = floor(stampMs / 1000);
    const count = before[index] ?? 0;
    const longer = max(until, start + shortest(policy, count));
    const end = min(longer, start + maxBanSeconds);
    if (end <= nowUnix) continue;
    bansBefore = max(bansBefore, count);
    const part = quorum > 1 ? originPart(origin, quorumBy) : origin;
    const known = parts.indexOf(part);
    if (known < 0) {
      parts.push(part);
      ends.push(end);
    } else ends[known] = max(ends[known] ?? 0, end);
  }
  if (ends.length > 1) ends.sort((one, other) => (one === other ? 0 : other - one));
  return { end: ends[quorum - 1] ?? 0, origins: parts.length, bansBefore };
}

/** How long a lease counts at least, in seconds. */
function shortest(
  { minBanSeconds = 0, escalateSeconds = [] }: SetPolicy,
  bansBefore: number,
): number {
  const step = bansBefore === 0 ? 0 : escalateSeconds[min(bansBefore, escalateSeconds.length) - 1];
  return max(minBanSeconds, step ?? 0);
}

/**
 * Of each lease, how many bans of the address were over before it: leases that touch are one ban.
 */
function countBansBefore(
  heard: readonly HeardLease[],
  policy: SetPolicy,
  nowUnix: number,
): readonly number[] {
  const { escalateSeconds = [] } = policy;
  if (escalateSeconds.length === 0 || heard.length < 2) return [];
  const reach = reachSeconds(policy);
  const inOrder = [...heard.entries()]
    .filter(([, lease]) => rememberedUntil(lease, policy) > nowUnix)
    .sort(([, one], [, other]) => one.stampMs - other.stampMs);
  const counts: number[] = [];
  /** The bans so far, of which the last may go on. */
  const bans: { end: number }[] = [];
  for (const [index, { stampMs, until, nextStampMs }] of inOrder) {
    const start = floor(stampMs / 1000);
    const end = min(until, floor(nextStampMs / 1000));
    const last = bans.at(-1);
    if (last !== undefined && last.end >= start) last.end = max(last.end, end);
    else bans.push({ end });
    counts[index] = bans.slice(0, -1).filter((over) => over.end > start - reach).length;
  }
  return counts;
}

/** How long before a lease a ban may have ended to count for `escalateSeconds`. */
function reachSeconds({ escalateSeconds = [] }: SetPolicy): number {
  return MONTH_SECONDS + (escalateSeconds.at(-1) ?? 0);
}

/**
 * Until when a lease has to be remembered for a policy, Unix seconds, whatever has become of it: behind
 * that it changes no decision. 0: not for its sake.
 */
export function rememberedUntil(
  { stampMs, until }: Pick<HeardLease, 'stampMs' | 'until'>,
  policy: Pick<SetPolicy, 'minBanSeconds' | 'escalateSeconds'>,
): number {
  const { minBanSeconds, escalateSeconds } = policy;
  const start = floor(stampMs / 1000);
  const byMinimum = minBanSeconds === undefined ? 0 : start + minBanSeconds;
  if (escalateSeconds === undefined) return byMinimum;
  const reach = reachSeconds(policy);
  return max(byMinimum, min(until, start + reach) + reach + (escalateSeconds.at(-1) ?? 0));
}

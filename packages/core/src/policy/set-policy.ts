import { addressWidth, type Family } from '../address/address.js';
import { VallumError } from '../words/errors.js';

/**
 * Whose leases count as one for a quorum. Of `web1.example.org.sshd`, `host` is `web1.example.org`,
 * `detector` is `sshd`; of a name without a dot both are all of it.
 */
export const ORIGIN_PARTS = ['host', 'detector', 'origin'] as const;
/** Which part of origins' names a quorum tells apart. */
export type OriginPart = (typeof ORIGIN_PARTS)[number];

/** What this node makes of the leases of one set. The leases themselves stay as they are. */
export interface SetPolicy {
  /** A ban of an address or of a narrower prefix becomes one of its network, of this prefix length. */
  readonly widen?: { readonly ipv4?: number; readonly ipv6?: number };
  /** A ban is enforced while so many different origins hold a live lease of it. Default 1. */
  readonly quorum?: number;
  /** Which part of their names has to differ. Default `host`. */
  readonly quorumBy?: OriginPart;
  /** Everything but the kernel: what would be banned is told, and no set is edited. Default false. */
  readonly observe?: boolean;
  /** No lease counts for longer than this from when it was asked for, in seconds. Default: no bound. */
  readonly maxBanSeconds?: number;
  /** Each lease counts for at least this from when it was asked for, in seconds, unless it is lifted. */
  readonly minBanSeconds?: number;
  /**
   * How long a lease counts at least, in seconds, of an address that is banned for the second, third…
   * time, each longer than the one before; the last holds for all that follow.
   */
  readonly escalateSeconds?: readonly number[];
}

/** By the set that a topic is bound to; a set without one has no policy of its own. */
export type SetPolicies = ReadonlyMap<string, SetPolicy>;

/** How many steps `escalateSeconds` may have. */
export const MOST_STEPS = 8;
/** Registers that an address may have: no more origins can hold it. */
const MOST_ORIGINS = 64;
/** A ban that ended longer ago does not count for `escalateSeconds`, but for the longest of its steps. */
export const MONTH_SECONDS = 30 * 86_400;
const LONGEST_SECONDS = 10 * 365 * 86_400;

/**
 * @param sets those that topics are bound to
 * @throws VallumError `INVALID_ARGUMENT` for a policy that cannot be meant, or of a set that is none
 */
export function readSetPolicies(
  policies: Readonly<Record<string, SetPolicy>>,
  sets: readonly string[],
): SetPolicies {
  for (const [set, policy] of Object.entries(policies)) {
    const fault = sets.includes(set)
      ? faultOf(policy)
      : `no topic is bound to it, only to ${sets.join(', ')}`;
    if (fault === undefined) continue;
    throw new VallumError(`the policy of set ${JSON.stringify(set)} cannot be used: ${fault}`, {
      code: 'INVALID_ARGUMENT',
      operation: 'read the policies',
    });
  }
  return new Map(Object.entries(policies));
}

function faultOf(policy: SetPolicy): string | undefined {
  const { widen = {}, quorum, quorumBy, maxBanSeconds, minBanSeconds, escalateSeconds } = policy;
  for (const family of ['ipv4', 'ipv6'] as const satisfies readonly Family[]) {
    const width = widen[family];
    if (width !== undefined && !isWhole(width, 1, addressWidth(family))) {
      return `widen of ${family} is a prefix length from 1 to ${String(addressWidth(family))}`;
    }
  }
  if (quorum !== undefined && !isWhole(quorum, 1, MOST_ORIGINS)) {
    return `quorum is a whole number from 1 to ${String(MOST_ORIGINS)}`;
  }
  if (quorumBy !== undefined && !ORIGIN_PARTS.includes(quorumBy)) {
    return `quorumBy is ${ORIGIN_PARTS.join(', ')}`;
  }
  for (const [name, seconds] of Object.entries({ maxBanSeconds, minBanSeconds })) {
    if (seconds !== undefined && !isWhole(seconds, 1, LONGEST_SECONDS)) {
      return `${name} is a whole number of seconds, at least 1`;
    }
  }
  if (minBanSeconds !== undefined && maxBanSeconds !== undefined && minBanSeconds > maxBanSeconds) {
    return 'the shortest ban is longer than the longest';
  }
  return escalateSeconds === undefined ? undefined : faultOfSteps(escalateSeconds, maxBanSeconds);
}

function faultOfSteps(steps: readonly number[], maxBanSeconds = Infinity): string | undefined {
  if (steps.length === 0 || steps.length > MOST_STEPS) {
    return `escalate has 1 to ${String(MOST_STEPS)} steps`;
  }
  for (const [index, step] of steps.entries()) {
    if (!isWhole(step, 1, LONGEST_SECONDS)) return 'each step of escalate is a number of seconds';
    if (step <= (steps[index - 1] ?? 0)) return 'each step of escalate is longer than the last';
    if (step > maxBanSeconds) return 'a step of escalate is longer than the longest ban';
  }
  return undefined;
}

function isWhole(value: number, minimum: number, maximum: number): boolean {
  return Number.isInteger(value) && value >= minimum && value <= maximum;
}

/** Whether when a ban ends may be another moment than when its longest lease does. */
export function movesEnds(policy: SetPolicy): boolean {
  const { quorum = 1, maxBanSeconds, minBanSeconds, escalateSeconds } = policy;
  return (
    quorum > 1 ||
    maxBanSeconds !== undefined ||
    minBanSeconds !== undefined ||
    escalateSeconds !== undefined
  );
}

/** The part of an origin's name that a quorum counts. */
export function originPart(origin: string, part: OriginPart): string {
  const dot = origin.lastIndexOf('.');
  if (part === 'origin' || dot <= 0 || dot === origin.length - 1) return origin;
  return part === 'host' ? origin.slice(0, dot) : origin.slice(dot + 1);
}

import type { LedgerLimits } from '../ledger/limits.js';
import type { SetName } from '../words/names.js';
import { createPolicy, DEFAULT_MIN_PREFIX, type Policy } from './policy.js';

/** Where nodes and administrators say what none of them may ban. */
export const PROTECT_TOPIC = 'vallum/protect';

/**
 * Under which name the ledger and the journal keep those leases: no topic can be bound to a set of this
 * name.
 */
export const PROTECT_SET = 'vallum/protect' as SetName;

/** Whether a topic or a set is that of the list, which no binding may name: what is bound holds bans. */
export function isProtectBinding(binding: {
  readonly topic: string;
  readonly set: string;
}): boolean {
  const { topic, set } = binding;
  return topic === PROTECT_TOPIC || topic.startsWith(`${PROTECT_TOPIC}/`) || set === PROTECT_SET;
}

/** Entries in force at a time: a fleet of 2,000 has some 8,000 of its own. */
export const MOST_PROTECTED = 16_384;

/**
 * The share of all IPv4 addresses that the list may cover. Room for four networks as large as there are
 * (/8); without a bound a single careless or stolen name could make every ban impossible.
 */
const MOST_COVERED = 1 / 64;

/**
 * What may stand in the fleet's protect list. The same on every node, whatever its options are: else one
 * would protect what another does not.
 */
export const FLEET_POLICY: Policy = /* @__PURE__ */ {
  ...createPolicy({ minPrefixLength: DEFAULT_MIN_PREFIX, maxCover: MOST_COVERED }, []),
  verb: 'protected',
};

/**
 * Room for the leases of the list, which no publisher can fill with bans: every entry of 2,000 nodes, and
 * withdrawals and entries that wait besides. The same on every node, too.
 */
export const FLEET_LIMITS: LedgerLimits = {
  ...{ registers: 65_536, origins: 16_384, reasons: 16_384 },
  unseenWithdrawals: 16_384,
};

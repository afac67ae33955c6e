import type { Address, Family } from '../address/address.js';
import type { Failure } from '../words/result.js';
import { ALWAYS_PROTECTED } from './always-protected.js';
import { decideBan, isAllowed } from './decide-ban.js';
import { createPolicy } from './policy.js';
import type { PolicyOptions } from './policy-options.js';
import type { RefusalReason } from './refusal-reason.js';

/** An address as the reader of entries holds it, of which an object is made only for a refusal. */
export interface AddressInWords {
  readonly family: Family;
  /** One unsigned word for IPv4, four for IPv6, the most significant first. */
  readonly words: Uint32Array;
  readonly prefixLength: number;
}

/** Says why every node would refuse to ban the address; undefined where one could ban it. */
export type CommonPolicy = (
  address: AddressInWords,
  toAddress: () => Address,
) => Failure<RefusalReason> | undefined;

/**
 * What every node refuses, whatever host it runs on: what no attacker can send from, and, unless its
 * own options say otherwise, what is too wide. For those who send, so that they need not wait for an
 * answer that never comes.
 *
 * @throws VallumError `INVALID_ARGUMENT` for lengths that are none
 */
export function createCommonPolicy(options: Pick<PolicyOptions, 'minPrefixLength'>): CommonPolicy {
  const policy = createPolicy(options, ALWAYS_PROTECTED);
  return ({ family, words, prefixLength }, toAddress) => {
    if (isAllowed(policy, family, words, 0, prefixLength)) return undefined;
    const decision = decideBan(toAddress(), policy, undefined);
    return decision.ok ? undefined : decision;
  };
}

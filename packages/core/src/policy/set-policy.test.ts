import { describe, expect, it } from '@jest/globals';
import { VallumError } from '../words/errors.js';
import { readSetPolicies, type SetPolicy } from './set-policy.js';

describe('a policy that cannot be meant is refused by name', () => {
  it.each<[string, SetPolicy]>([
    ['widen of ipv4 is a prefix length from 1 to 32', { widen: { ipv4: 33 } }],
    ['widen of ipv6 is a prefix length from 1 to 128', { widen: { ipv4: 24, ipv6: 0 } }],
    ['quorum is a whole number', { quorum: 0 }],
    ['quorum is a whole number', { quorum: 1.5 }],
    ['quorumBy is', { quorum: 2, quorumBy: 'country' as 'host' }],
    ['maxBanSeconds is a whole number of seconds', { maxBanSeconds: 0 }],
    ['minBanSeconds is a whole number of seconds', { minBanSeconds: 0.5 }],
    ['the shortest ban is longer than the longest', { minBanSeconds: 3, maxBanSeconds: 2 }],
    ['escalate has 1 to', { escalateSeconds: [] }],
    ['escalate has 1 to', { escalateSeconds: Array.from({ length: 99 }, (_, step) => step + 1) }],
    ['each step of escalate is a number of seconds', { escalateSeconds: [-1] }],
    ['each step of escalate is longer than the last', { escalateSeconds: [60, 60] }],
    ['longer than the longest ban', { escalateSeconds: [60, 600], maxBanSeconds: 500 }],
  ])('%s', (fault, policy) => {
    const read = () => readSetPolicies({ blacklist: policy }, ['blacklist']);
    expect(read).toThrow(VallumError);
    expect(read).toThrow(`the policy of set "blacklist" cannot be used: `);
    expect(read).toThrow(fault);
  });

  it('as is one of a set that no topic is bound to', () => {
    expect(() => readSetPolicies({ blocklist: {} }, ['blacklist', 'scanners'])).toThrow(
      'the policy of set "blocklist" cannot be used: no topic is bound to it, only to blacklist, scanners',
    );
  });

  it('and one that can be meant is taken as it is', () => {
    const policy: SetPolicy = {
      ...{ widen: { ipv4: 24, ipv6: 64 }, quorum: 2, quorumBy: 'host' },
      ...{ minBanSeconds: 60, maxBanSeconds: 86_400, escalateSeconds: [60, 3_600] },
    };
    expect(readSetPolicies({ blacklist: policy }, ['blacklist']).get('blacklist')).toEqual(policy);
  });
});

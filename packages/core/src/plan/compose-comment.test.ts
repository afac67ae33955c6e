import { describe, expect, it } from '@jest/globals';
import type { Lease } from '../lease/lease.js';
import type { Origin } from '../words/names.js';
import { composeComment } from './compose-comment.js';

const lease = (origin: string, until: Lease['until'], reason?: string): Lease => ({
  origin: origin as Origin,
  until,
  stamp: 1,
  ownStamp: false,
  ...(reason === undefined ? {} : { reason }),
});
const comment = (...leases: Lease[]): string | undefined => composeComment(leases);

describe('the comment on a ban', () => {
  it('says who and why, as far as they are known', () => {
    expect(comment(lease('web1', 100, 'sshd'))).toBe('web1: sshd');
    expect(comment(lease('web1', 100))).toBe('web1');
    expect(comment(lease('', 100, 'sshd'))).toBe('sshd');
    expect(comment(lease('', 100))).toBeUndefined();
  });

  it('is that of the lease that lasts longest, and counts the others', () => {
    expect(comment(lease('web1', 100), lease('web2', 200), lease('web3', 150))).toBe(
      'web2 (and 2 more)',
    );
    expect(comment(lease('web1', 'never'), lease('web2', 'default'))).toBe('web1 (and 1 more)');
    expect(comment(lease('web1', 2e9), lease('web2', 'default'))).toBe('web2 (and 1 more)');
  });
});

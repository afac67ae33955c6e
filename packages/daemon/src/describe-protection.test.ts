import { describe, expect, it } from '@jest/globals';
import type { AddressText, ProtectReport } from '@vallum/core';
import type { Origin } from '@vallum/core/protocol';
import { describeProtection } from './describe-protection.js';

const about = {
  via: 'vallum/protect/add',
  address: '198.51.100.0/24' as AddressText,
  origin: 'alice' as Origin,
  reason: 'office "\u202e"',
};

describe('what is told of the protect list', () => {
  it.each<[ProtectReport, string, string]>([
    [
      { ...about, outcome: 'protected', until: 'never' },
      'protected',
      "198.51.100.0/24 is protected by the fleet's protect list for ever",
    ],
    [
      { ...about, outcome: 'unprotected', absent: false },
      'unprotected',
      "198.51.100.0/24 is not protected by the fleet's protect list any more",
    ],
    [
      { ...about, outcome: 'held', holders: ['bob'] },
      'protected',
      "198.51.100.0/24 stays in the fleet's protect list, held by bob",
    ],
    [
      { ...about, outcome: 'ended' },
      'unprotected',
      "198.51.100.0/24 is not protected by the fleet's protect list any more: its time is over",
    ],
    [
      { ...about, outcome: 'refused', action: 'protect', code: 'prefix-too-wide', detail: 'wide' },
      'protect-refused',
      "refused to protect 198.51.100.0/24 in the fleet's protect list: wide",
    ],
  ])('says %j', (report, event, words) => {
    const entry = describeProtection(report);
    expect(entry.event).toBe(event);
    expect(entry.message).toBe(
      `${words} (origin alice, reason "office \\"\\u{202e}\\"", via vallum/protect/add)`,
    );
  });
});

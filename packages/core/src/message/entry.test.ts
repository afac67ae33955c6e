import { describe, expect, it } from '@jest/globals';
import { parseAddress } from '../address/parse.js';
import { parseSetName } from '../words/names.js';
import { entryToCommand, type Entry } from './entry.js';

const NOW = 1_795_000_000;
const address = parseAddress('192.0.2.7');
const set = parseSetName('blacklist');

function commandOf(said: Omit<Entry, 'address'>, action: 'ban' | 'unban' = 'ban') {
  if (!address.ok || !set.ok) throw new Error('no address');
  return entryToCommand({ address: address.value, ...said }, action, set.value, NOW + 0.5);
}

describe('entryToCommand', () => {
  it.each([
    [{}, { until: 'default' }],
    [{ until: 'never' as const }, { until: 'never' }],
    [{ until: NOW + 1, timeoutSeconds: 5 }, { until: NOW + 1 }],
    [{ timeoutSeconds: 60 }, { until: NOW + 60 }],
    [{ timeoutSeconds: 'never' as const }, { until: 'never' }],
    [
      { timeoutSeconds: 60, stamp: 1000 * NOW - 5000 },
      { until: NOW + 55, stamp: 1000 * NOW - 5000 },
    ],
    [{ until: NOW - 1, stamp: 1000 * NOW - 5000 }, { until: NOW - 1 }],
    [{ reason: 'sshd' }, { reason: 'sshd' }],
  ])('makes of %j a ban with %j', (said, expected) => {
    expect(commandOf(said)).toMatchObject({ ok: true, value: { action: 'ban', ...expected } });
  });

  it('makes an unban of what says when and why too', () => {
    expect(commandOf({ until: 5, reason: 'x', stamp: 1000 * NOW }, 'unban')).toEqual({
      ok: true,
      value: {
        action: 'unban',
        set: 'blacklist',
        address: address.ok ? address.value : undefined,
        stamp: 1000 * NOW,
      },
    });
  });

  it.each([
    [{ until: NOW }, 'expired', 'the ban ended 0 s ago'],
    [{ until: NOW - 7, timeoutSeconds: 60 }, 'expired', 'the ban ended 7 s ago'],
    [{ timeoutSeconds: 253_402_300_799 }, 'bad-time', 'beyond the year 9999'],
  ])('refuses %j as %s', (said, reason, detail) => {
    expect(commandOf(said)).toMatchObject({
      ok: false,
      reason,
      detail: expect.stringContaining(detail) as unknown,
    });
  });
});

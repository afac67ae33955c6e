import { describe, expect, it } from '@jest/globals';
import { describeEnd } from './describe-end.js';
import type { PublishRequest } from './request.js';

describe('describeEnd', () => {
  it.each<[PublishRequest['terms'], string]>([
    [{}, ", for as long as each set's own timeout says (for ever where it has none)"],
    [{ until: 'never' }, ', for ever'],
    [{ until: 1_795_442_400 }, ', until 2026-11-23 14:00:00 UTC'],
    [{ timeoutSeconds: 5400 }, ', for 1h30m'],
    [{ timeoutSeconds: 90_061 }, ', for 1d1h1m1s'],
    [{ timeoutSeconds: 600 }, ', for 10m'],
  ])('says of %j%s', (terms, expected) => {
    expect(describeEnd({ action: 'ban', terms })).toBe(expected);
  });

  it('claims nothing of what a list says itself', () => {
    const list = 'list.txt';
    expect(describeEnd({ action: 'ban', list, terms: { timeoutSeconds: 600 } })).toBe(
      ', for 10m unless the list says otherwise',
    );
    expect(describeEnd({ action: 'ban', list, terms: {} })).toMatch(
      /^, where the list names no end for as long as each set's own timeout says/,
    );
  });

  it('says nothing of an unban', () => {
    expect(describeEnd({ action: 'unban', terms: {} })).toBe('');
  });
});

import { describe, expect, it } from '@jest/globals';
import { parseLeaseTerms, type TermOptions } from './lease-terms.js';

const NOW_MS = Date.UTC(2026, 10, 26, 12);

const parse = (options: Partial<TermOptions>) =>
  parseLeaseTerms({ timeout: undefined, until: undefined, since: undefined, ...options }, NOW_MS);

describe('parseLeaseTerms', () => {
  it.each<[Partial<TermOptions>, object]>([
    [{}, {}],
    [{ timeout: '1h30m' }, { timeoutSeconds: 5400 }],
    [{ timeout: 'never' }, { until: 'never' }],
    [{ timeout: '-1' }, { until: 'never' }],
    [{ timeout: '0' }, { until: 'never' }],
    [{ until: '1795420000' }, { until: 1795420000 }],
    [{ until: 'never' }, { until: 'never' }],
    [{ until: '2026-12-01T08:00:00Z' }, { until: 1796112000 }],
    [{ since: '1795420000', timeout: '600' }, { until: 1795420600 }],
    [{ since: '1795420000', timeout: '-1' }, { until: 'never' }],
    [{ since: '253402300000', timeout: '300000' }, { until: 'never' }],
  ])('makes of %j %j', (options, expected) => {
    expect(parse(options)).toEqual({ ok: true, value: expected });
  });

  it('rounds a start with a fraction as the database of fail2ban does', () => {
    const end = (since: string) => parse({ since, timeout: '600' });
    expect(end('1795420000.4')).toEqual({ ok: true, value: { until: 1795420600 } });
    expect(end('1795420000.6318088')).toEqual({ ok: true, value: { until: 1795420601 } });
  });

  it.each<Partial<TermOptions>>([
    { timeout: 'soon' },
    { timeout: '-5' },
    { timeout: '' },
    { until: 'yesterday' },
    { until: '2026-11-25' },
    { until: '1e9' },
    { until: '999999999999' },
    { until: '1795420000', timeout: '5' },
    { until: '1795420000', since: '5' },
    { since: '1795420000' },
    { since: 'x', timeout: '5' },
    { since: '-1', timeout: '5' },
  ])('refuses %j and says what to write', (options) => {
    expect(parse(options)).toMatchObject({ ok: false, reason: 'bad-time' });
  });
});

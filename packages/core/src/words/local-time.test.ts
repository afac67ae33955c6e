import { describe, expect, it } from '@jest/globals';
import { describeTime, describeTimeQuickly, offsetMinutesAt } from './local-time.js';
import { MAX_UNIX_SECONDS } from './unix-time.js';

const at = (text: string) => Date.parse(text) / 1000;

describe('describeTime', () => {
  it.each([
    ['2026-11-26T07:00:05Z', 'Europe/Berlin', '2026-11-26 08:00:05 CET'],
    ['2026-06-26T07:00:05Z', 'Europe/Berlin', '2026-06-26 09:00:05 CEST'],
    ['2026-11-26T07:00:05Z', 'America/New_York', '2026-11-26 02:00:05 EST'],
    ['2026-11-26T23:30:00Z', 'Asia/Kathmandu', '2026-11-27 05:15:00 +05:45'],
    ['2026-11-26T00:30:00Z', 'America/St_Johns', '2026-11-25 21:00:00 NST'],
    ['2026-11-26T00:30:00Z', 'America/Sao_Paulo', '2026-11-25 21:30:00 -03:00'],
    ['2026-11-26T07:00:05Z', 'UTC', '2026-11-26 07:00:05 UTC'],
  ])('says %s in %s as %s', (moment, zone, expected) => {
    expect(describeTime(at(moment), zone)).toBe(expected);
  });

  it('tells the two half past two of the night apart in which clocks are set back', () => {
    expect(describeTime(at('2026-10-25T00:30:00Z'), 'Europe/Berlin')).toBe(
      '2026-10-25 02:30:00 CEST',
    );
    expect(describeTime(at('2026-10-25T01:30:00Z'), 'Europe/Berlin')).toBe(
      '2026-10-25 02:30:00 CET',
    );
  });

  it('is quick where the offset will do', () => {
    const moment = at('2026-11-26T07:00:05Z');
    expect(describeTimeQuickly(moment, 'Europe/Berlin')).toBe('2026-11-26 08:00:05 +01:00');
    expect(describeTimeQuickly(moment, 'UTC')).toBe('2026-11-26 07:00:05 UTC');
    expect(describeTimeQuickly(MAX_UNIX_SECONDS, 'Asia/Tokyo')).toBe('9999-12-31 23:59:59 UTC');
  });

  it('knows the last second there is, and gives the number of what is beyond', () => {
    expect(describeTime(MAX_UNIX_SECONDS, 'Europe/Berlin')).toBe('9999-12-31 23:59:59 UTC');
    expect(describeTime(1e15)).toBe('second 1000000000000000');
    expect(describeTime(Number.NaN)).toBe('second NaN');
  });

  it("takes the process's own zone unless one is given", () => {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const moment = at('2026-11-26T07:00:05Z');
    expect(describeTime(moment)).toBe(describeTime(moment, own));
    expect(offsetMinutesAt(moment)).toBe(offsetMinutesAt(moment, own));
  });
});

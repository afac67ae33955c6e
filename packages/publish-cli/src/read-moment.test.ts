import { describe, expect, it } from '@jest/globals';
import { describeTime } from '@vallum/core/protocol';
import { readMoment } from './read-moment.js';

const ZONE = 'Europe/Berlin';
/** 08:10:00 in Berlin. */
const NOW = Date.parse('2026-11-26T07:10:00Z') / 1000;
const at = (moment: string) => Date.parse(moment) / 1000;

function said(text: string, now = NOW, zone = ZONE): string {
  const read = readMoment(text, now, zone);
  return read.ok ? describeTime(read.value, zone) : read.detail;
}

describe('readMoment', () => {
  it.each([
    ['9:00', '2026-11-26 09:00:00 CET'],
    ['08:00', '2026-11-27 08:00:00 CET'],
    ['8:10', '2026-11-27 08:10:00 CET'],
    ['8:10:01', '2026-11-26 08:10:01 CET'],
    ['tomorrow', '2026-11-27 00:00:00 CET'],
    ['tomorrow 8:00', '2026-11-27 08:00:00 CET'],
    ['Tomorrow  08:00', '2026-11-27 08:00:00 CET'],
    ['today 18:30', '2026-11-26 18:30:00 CET'],
    ['2026-12-01', '2026-12-01 00:00:00 CET'],
    ['2027-07-01', '2027-07-01 00:00:00 CEST'],
    ['2026-12-01 8:00', '2026-12-01 08:00:00 CET'],
    ['2026-12-01T08:00', '2026-12-01 08:00:00 CET'],
    ['2026-12-01T08:00:05.250', '2026-12-01 08:00:05 CET'],
    ['2026-12-01T08:00:00Z', '2026-12-01 09:00:00 CET'],
    ['2026-12-01 08:00 UTC', '2026-12-01 09:00:00 CET'],
    ['2026-12-01T08:00:00-05:00', '2026-12-01 14:00:00 CET'],
    ['2026-12-01T08:00:00+0530', '2026-12-01 03:30:00 CET'],
    ['2026-12-01 08:00 +01', '2026-12-01 08:00:00 CET'],
    ['2026-12-01 08:00:05 CET', '2026-12-01 08:00:05 CET'],
    [' tomorrow ', '2026-11-27 00:00:00 CET'],
  ])('takes %j', (text, expected) => {
    expect(said(text)).toBe(expected);
  });

  it.each([
    ['', /^is "": write 8:00, tomorrow/],
    ['yesterday', /write 8:00/],
    ['8am', /write 8:00/],
    ['2026-12-1', /write 8:00/],
    ['12/01/2026', /write 8:00/],
    ['2026-02-30', /no such day/],
    ['2026-13-01', /no such day/],
    ['24:00', /from 0:00 to 23:59/],
    ['2026-12-01 08:60', /from 0:00 to 23:59/],
    ['2026-12-01T08:00+25:00', /no zone \+25:00/],
    ['2026-12-01 08:00 EST', /"EST" is not this machine's time zone.*\+01:00/],
    ['2026-12-01 08:00 CEST', /"CEST" is not/],
    ['today 8:00', /2026-11-26 08:00:00 CET is over already \(it is 2026-11-26 08:10:00 CET\)/],
    ['today', /is over already/],
    ['2025-12-01', /is over already/],
    ['tomorrow 8:00\u001b[2J', /^is "tomorrow 8:00\\u\{1b\}\[2J": write/],
  ])('refuses %j and says why', (text, expected) => {
    expect(readMoment(text, NOW, ZONE)).toMatchObject({
      ok: false,
      reason: 'bad-time',
      detail: expect.stringMatching(expected),
    });
  });

  it('refuses what clocks leave out, and what they show twice', () => {
    expect(said('2027-03-28 02:30')).toMatch(/set forward/);
    expect(said('2027-10-31 02:30')).toMatch(/twice: write \+02:00 or \+01:00/);
    expect(said('2027-10-31 02:30 +01:00')).toBe('2027-10-31 02:30:00 CET');
    expect(said('2027-10-31 02:30 CEST')).toBe('2027-10-31 02:30:00 CEST');
    expect(said('2027-03-28 03:00')).toBe('2027-03-28 03:00:00 CEST');
  });

  it('keeps to the wall over a night in which clocks change', () => {
    expect(said('tomorrow 8:00', at('2027-03-27T12:00:00Z'))).toBe('2027-03-28 08:00:00 CEST');
    expect(said('8:00', at('2027-10-30T12:00:00Z'))).toBe('2027-10-31 08:00:00 CET');
    expect(said('2:30', at('2027-10-31T00:45:00Z'))).toBe('2027-10-31 02:30:00 CET');
  });

  it('begins a day without a midnight when it begins', () => {
    const now = at('2027-04-29T12:00:00Z');
    expect(said('2027-04-30', now, 'Africa/Cairo')).toMatch(/^2027-04-30 01:00:00 /);
  });

  it('refuses what lies beyond the year 9999', () => {
    expect(said('9999-12-31T23:59:59-01:00')).toMatch(/write never/);
  });

  it.each(['UTC', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Auckland'])(
    'reads what describeTime writes in %s',
    (zone) => {
      for (const day of [1, 100, 200, 300]) {
        const moment = NOW + day * 86_400 + 12_345;
        expect(readMoment(describeTime(moment, zone), NOW, zone)).toEqual({
          ok: true,
          value: moment,
        });
      }
    },
  );
});

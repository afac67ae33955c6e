import type { Failure, Result } from '@vallum/core';
import {
  describeOffset,
  describeTime,
  MAX_UNIX_SECONDS,
  offsetMinutesAt,
} from '@vallum/core/protocol';
import { quote } from '@vallum/options';

const DAY = 86_400;
const FORMS =
  "write 8:00, tomorrow, 'tomorrow 8:00', 2026-12-01, '2026-12-01 8:00', 2026-12-01T08:00:00Z, " +
  'Unix seconds or never';

const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$/;
/** A date or a word for one, and behind it the time, and behind that the zone. */
const MOMENT =
  /^(?:(\d{4})-(\d{2})-(\d{2})|(today|tomorrow))(?:(?:T| +)(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?) *(Z|UTC|[+-]\d{2}(?::?\d{2})?|[A-Z]{2,5})?)?$/i;

/**
 * Reads when something ends, as people write it: `8:00` (the next one), `tomorrow` (as it begins),
 * `tomorrow 8:00`, `2026-12-01` (as it begins), ISO 8601 with or without zone, and whatever
 * `describeTime` writes. Without a zone it is local time; a time that clocks pass twice, or leave out,
 * is refused rather than guessed.
 *
 * @param timeZone IANA name; the process's own unless given
 * @returns Unix seconds, which lie ahead of `nowUnix`
 */
export function readMoment(
  text: string,
  nowUnix: number,
  timeZone?: string,
): Result<number, 'bad-time'> {
  const moment = findMoment(text.trim(), nowUnix, timeZone);
  if (typeof moment === 'string') return bad(`is ${quote(text)}: ${moment}`);
  if (moment > MAX_UNIX_SECONDS) return bad(`is ${quote(text)}, beyond the year 9999: write never`);
  if (moment <= nowUnix) {
    return bad(
      `is ${quote(text)}, and ${describeTime(moment, timeZone)} is over already ` +
        `(it is ${describeTime(nowUnix, timeZone)})`,
    );
  }
  return { ok: true, value: moment };
}

/** @returns Unix seconds, or what is wrong */
function findMoment(text: string, nowUnix: number, timeZone?: string): number | string {
  const today = Math.floor((nowUnix + offsetMinutesAt(nowUnix, timeZone) * 60) / DAY) * DAY;
  if (CLOCK.test(text)) {
    const time = readClock(text);
    if (time === undefined) return NO_TIME;
    const ahead = [today, today + DAY]
      .flatMap((day) => momentsAt(day + time, timeZone))
      .find((moment) => moment > nowUnix);
    return ahead ?? LEFT_OUT;
  }
  const found = MOMENT.exec(text);
  if (!found) return FORMS;
  const [, year, month, date, word, clock, zone] = found;
  const day = word
    ? today + (word.toLowerCase() === 'tomorrow' ? DAY : 0)
    : readDate(Number(year), Number(month), Number(date));
  if (day === undefined) return 'there is no such day';
  if (clock === undefined) return startOfDay(day, timeZone);
  const time = readClock(clock);
  if (time === undefined) return NO_TIME;
  return inZone(day + time, zone, timeZone);
}

const NO_TIME = 'there is no such time of day: it goes from 0:00 to 23:59';
const LEFT_OUT = 'clocks are set forward and leave this time out: choose another';

/** @param wall what clocks show, counted like Unix seconds */
function inZone(wall: number, zone: string | undefined, timeZone?: string): number | string {
  if (zone !== undefined && /^(Z|UTC)$/i.test(zone)) return wall;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone ?? '') ?? [];
  if (sign !== undefined) {
    if (Number(hours) > 14 || Number(minutes) > 59) return `there is no zone ${zone ?? ''}`;
    return wall - (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
  }
  const moments = momentsAt(wall, timeZone);
  const [first, second] = moments;
  if (first === undefined) return LEFT_OUT;
  if (zone !== undefined) {
    const named = moments.find((moment) =>
      describeTime(moment, timeZone).endsWith(` ${zone.toUpperCase()}`),
    );
    return (
      named ??
      `${quote(zone)} is not this machine's time zone, and short names mean different things in ` +
        'different countries: write the offset from UTC in its place, such as +01:00'
    );
  }
  if (second !== undefined) {
    const offsets = moments.map((moment) => describeOffset(offsetMinutesAt(moment, timeZone)));
    return `clocks are set back and show this time twice: write ${offsets.join(' or ')} behind it`;
  }
  return first;
}

/** When clocks show this: once, twice where they are set back, never where they are set forward. */
function momentsAt(wall: number, timeZone?: string): number[] {
  const offsets = [wall - DAY, wall + DAY].map((moment) => offsetMinutesAt(moment, timeZone));
  return [...new Set(offsets)]
    .map((offset) => ({ offset, moment: wall - offset * 60 }))
    .filter(({ offset, moment }) => offsetMinutesAt(moment, timeZone) === offset)
    .map(({ moment }) => moment)
    .sort((one, other) => one - other);
}

/** Its first moment: where clocks are set forward at midnight, the first that they show. */
function startOfDay(day: number, timeZone?: string): number {
  const [first = day - offsetMinutesAt(day - DAY, timeZone) * 60] = momentsAt(day, timeZone);
  return first;
}

/** @returns seconds since midnight */
function readClock(text: string): number | undefined {
  const [, hours, minutes, seconds = '0'] = CLOCK.exec(text) ?? [];
  return Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60
    ? Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
    : undefined;
}

/** @returns seconds, as if its midnight were one of UTC */
function readDate(year: number, month: number, date: number): number | undefined {
  const day = new Date(Date.UTC(year, month - 1, date));
  return day.getUTCMonth() === month - 1 && day.getUTCDate() === date && year >= 1970
    ? day.getTime() / 1000
    : undefined;
}

function bad(detail: string): Failure<'bad-time'> {
  return { ok: false, reason: 'bad-time', detail };
}

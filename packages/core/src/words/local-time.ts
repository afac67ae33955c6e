import { MAX_UNIX_SECONDS } from './unix-time.js';

/**
 * English of each kind has names for the zones of its own country alone, and `GMT+1` for the others.
 */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-CA', 'en-IN', 'en-ZA'];

/** `Europe/Berlin 60` to `CET`: Intl takes far longer than all the rest. */
const names = /* @__PURE__ */ new Map<string, string>();

/**
 * A moment as people read it, in local time with its zone: `2026-11-26 08:00:05 CET`, and where the
 * zone has no short name `2026-11-26 08:00:05 +05:45`.
 *
 * @param timeZone IANA name, such as `Europe/Berlin`; the process's own (`TZ`) unless given
 */
export function describeTime(unixSeconds: number, timeZone?: string): string {
  return describe(unixSeconds, timeZone, zoneName);
}

/**
 * The same with the offset from UTC in place of a name, `2026-11-26 08:00:05 +01:00`, and `UTC` where
 * there is none: for a program that ends soon, since names cost it 10 to 30 ms, once.
 */
export function describeTimeQuickly(unixSeconds: number, timeZone?: string): string {
  return describe(unixSeconds, timeZone, (_, offset) =>
    offset === 0 ? 'UTC' : describeOffset(offset),
  );
}

function describe(
  unixSeconds: number,
  timeZone: string | undefined,
  nameZone: (unixSeconds: number, offset: number, timeZone: string | undefined) => string,
): string {
  if (!(Math.abs(unixSeconds) <= MAX_UNIX_SECONDS)) return `second ${String(unixSeconds)}`;
  const offset = offsetMinutesAt(unixSeconds, timeZone);
  const local = new Date((unixSeconds + offset * 60) * 1000).toISOString();
  // `+010000-01-01T…`: only in UTC does its year have four digits.
  if (local.length > 24) return describe(unixSeconds, 'UTC', nameZone);
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${nameZone(unixSeconds, offset, timeZone)}`;
}

/** Minutes by which local time is ahead of UTC at a moment. */
export function offsetMinutesAt(unixSeconds: number, timeZone?: string): number {
  const date = new Date(unixSeconds * 1000);
  if (timeZone === undefined) return 0 - date.getTimezoneOffset();
  if (timeZone === 'UTC') return 0;
  // `GMT-03:30`, and for none `GMT`
  const [, sign = '+', hours = '0', minutes = '0'] =
    /GMT(?:([+-])(\d\d):(\d\d))?/.exec(zonePart('en-US', date, 'longOffset', timeZone)) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function zoneName(unixSeconds: number, offset: number, timeZone: string | undefined): string {
  const key = `${timeZone ?? ''} ${offset.toString()}`;
  const known = names.get(key);
  if (known !== undefined) return known;
  const date = new Date(unixSeconds * 1000);
  const name = isUtc(date, offset, timeZone)
    ? 'UTC'
    : (shortName(date, timeZone) ?? describeOffset(offset));
  names.set(key, name);
  return name;
}

/**
 * As most servers are. The first `Intl.DateTimeFormat` of a process costs it 8 MB for as long as it
 * lives, and 20 ms; a date's own text, `Thu Nov 26 2026 08:00:05 GMT+0000 (Coordinated Universal
 * Time)`, costs next to nothing.
 */
function isUtc(date: Date, offset: number, timeZone: string | undefined): boolean {
  if (timeZone !== undefined) return timeZone === 'UTC';
  return offset === 0 && date.toString().endsWith('(Coordinated Universal Time)');
}

/** Each kind of English costs some milliseconds. */
function shortName(date: Date, timeZone: string | undefined): string | undefined {
  for (const locale of LOCALES) {
    const name = zonePart(locale, date, 'short', timeZone);
    if (/^[A-Z]{2,5}$/.test(name)) return name;
  }
  return undefined;
}

function zonePart(
  locale: string,
  date: Date,
  timeZoneName: 'short' | 'longOffset',
  timeZone: string | undefined,
): string {
  const format = new Intl.DateTimeFormat(locale, {
    timeZoneName,
    ...(timeZone === undefined ? {} : { timeZone }),
  });
  return format.formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** `+05:45` */
export function describeOffset(minutes: number): string {
  const size = Math.abs(minutes);
  const two = (number: number) => Math.trunc(number).toString().padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
}

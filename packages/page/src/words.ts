import type { FleetRow } from './answers.js';

/** Control characters and what turns the direction of text are shown as escapes: nobody hides in them. */
export function visible(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** `1,234,567` */
export function grouped(count: number): string {
  return count.toLocaleString('en');
}

/** `3 bans` */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** `3 h`, of so many seconds. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  for (const [name, length] of UNITS) {
    if (whole >= length) return `${grouped(Math.floor(whole / length))} ${name}`;
  }
  return `${String(whole)} s`;
}

/** `4 min ago` */
export function ago(unixSeconds: number, nowSeconds: number): string {
  return nowSeconds - unixSeconds < 1 ? 'now' : `${span(nowSeconds - unixSeconds)} ago`;
}

/** When a lease ends: `in 3 h`, `ended 4 min ago`, `never`. */
export function ending(
  until: number | 'never' | 'default' | undefined,
  nowSeconds: number,
): string {
  if (until === undefined) return '–';
  if (until === 'never') return 'never';
  if (until === 'default') return 'as the set says';
  return until > nowSeconds ? `in ${span(until - nowSeconds)}` : `ended ${ago(until, nowSeconds)}`;
}

/** Local time, to the second. */
export function clock(time: string): string {
  return new Date(time).toLocaleTimeString('en-GB');
}

/** Local date and time. */
export function moment(unixMs: number): string {
  return new Date(unixMs).toLocaleString('en-GB');
}

/** `0.4 ms`, `12 ms`, `1.2 s` */
export function milliseconds(count: number): string {
  if (count >= 1_000) return `${(count / 1_000).toFixed(1)} s`;
  return `${count.toFixed(count < 10 ? 1 : 0)} ms`;
}

/** Of a node that is not up, and since when, as far as that is known. */
export function describeDown(
  { state, since, sinceAtLeast }: Pick<FleetRow, 'state' | 'since' | 'sinceAtLeast'>,
  nowSeconds: number,
): string {
  if (state === 'silent') return 'does not answer';
  if (since === undefined) return state;
  return `${state} for ${sinceAtLeast === true ? 'at least ' : ''}${span(nowSeconds - since)}`;
}

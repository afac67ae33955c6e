/** `now`, `12 s`, `3 min`, `2 h 5 min`, `4 d 3 h`: the two largest units of an age, without a sign. */
export function describeSpan(seconds: number): string {
  const span = Math.floor(Math.abs(seconds));
  if (span < 1) return 'now';
  if (span < 60) return `${span.toString()} s`;
  const minutes = Math.floor(span / 60);
  if (minutes < 60) return `${minutes.toString()} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return both(hours, 'h', minutes % 60, 'min');
  return both(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** `3 min ago` */
export function describeAge(seconds: number): string {
  const span = describeSpan(seconds);
  return span === 'now' ? 'just now' : `${span} ago`;
}

/** `0.4 ms`, `12 ms`, `1.2 s` */
export function describeMs(milliseconds: number): string {
  if (milliseconds >= 1_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}

function both(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const first = `${large.toString()} ${largeUnit}`;
  return small === 0 ? first : `${first} ${small.toString()} ${smallUnit}`;
}

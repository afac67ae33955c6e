import type { Subscription } from './transport.js';

const WILDCARDS = /[+#]/;
const MOST_LEVELS = 16;

/** What makes a filter unusable (MQTT 5 section 4.7), or undefined. */
export function filterFault(filter: string): string | undefined {
  const fault = textFault(filter, 'a topic filter');
  if (fault !== undefined) return fault;
  const levels = filter.split('/');
  const misplaced = levels.some((level, index) =>
    level.length > 1 && WILDCARDS.test(level) ? true : level === '#' && index !== levels.length - 1,
  );
  return misplaced
    ? 'in a topic filter + and # stand alone between slashes, # at the end'
    : undefined;
}

/** What makes a subscription unusable, or undefined. */
export function subscriptionFault({ filter, noLocal = false }: Subscription): string | undefined {
  const fault = filterFault(filter);
  if (fault !== undefined) return fault;
  // MQTT 5 section 3.8.3.1: a broker hangs up on it.
  return noLocal && filter.startsWith('$share/')
    ? 'a shared subscription cannot leave out what the client itself has published'
    : undefined;
}

/** What makes a topic unusable for publishing, or undefined. */
export function topicFault(topic: string): string | undefined {
  return (
    textFault(topic, 'a topic') ??
    (WILDCARDS.test(topic) ? 'a topic to publish to holds no + or #' : undefined)
  );
}

function textFault(text: string, what: string): string | undefined {
  if (text === '') return `${what} must not be empty`;
  // eslint-disable-next-line no-control-regex -- NUL is forbidden, other controls are refused by brokers
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return `${what} holds no control characters`;
  return Buffer.byteLength(text) > 65_535 ? `${what} has at most 65,535 bytes` : undefined;
}

/** Would a broker send a message on `topic` to a subscriber of `filter`? */
export function filterMatches(filter: string, topic: string): boolean {
  // Shared subscription: `$share/<group>/<filter>`.
  const shared = /^\$share\/[^/]+\/(.+)$/s.exec(filter);
  const wanted = (shared?.[1] ?? filter).split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && WILDCARDS.test(wanted[0] ?? '')) return false;
  for (const [index, level] of wanted.entries()) {
    // `a/#` takes `a` too.
    if (level === '#') return true;
    if (index >= levels.length) return false;
    if (level !== '+' && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}

/**
 * Filters that may have brought a message which no current filter asks for. A persistent session
 * keeps the filters of an earlier configuration, and MQTT has no way to list them; but
 * unsubscribing from one that is not there is harmless. For `a/b`: `a/b`, `#`, `+`…, `a/#`, `a/+`,
 * `a/b/#`.
 */
export function likelyFilters(topic: string): string[] {
  const levels = topic.split('/').slice(0, MOST_LEVELS);
  const filters = new Set([topic, '#', levels.map(() => '+').join('/')]);
  for (let length = 1; length <= levels.length; length += 1) {
    const prefix = levels.slice(0, length).join('/');
    filters.add(`${prefix}/#`);
    if (length === levels.length - 1) filters.add(`${prefix}/+`);
  }
  return [...filters];
}

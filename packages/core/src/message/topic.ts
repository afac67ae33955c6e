import { failure, success, type Result } from '../words/result.js';
import { parseSetName, type SetName } from '../words/names.js';

/** A topic prefix and the set that its messages edit. */
export interface Binding {
  /** Topic prefix `T`, without wildcards or a trailing slash. */
  readonly topic: string;
  readonly set: SetName;
}

/** Why a text binds no topic to a set. */
export type BindingFault = 'bad-topic' | 'bad-set-name';

// MQTT ends topics at 65,535 bytes; some are left for what goes behind the prefix.
const MAX_TOPIC_BYTES = 65_000;

/**
 * Reads a binding: `blacklist`, where topic and set have one name, or
 * `site/a/blacklist=blacklist`. A set's name holds no `=`, so the last one divides.
 */
export function parseBinding(text: string): Result<Binding, BindingFault> {
  const divide = text.lastIndexOf('=');
  const topic = parseTopicPrefix(divide < 0 ? text : text.slice(0, divide));
  if (!topic.ok) return topic;
  const set = parseSetName(text.slice(divide + 1));
  if (set.ok) return success({ topic: topic.value, set: set.value });
  return divide < 0
    ? failure(set.reason, `${set.detail}; name the set apart from its topic: topic=set`)
    : set;
}

/** Checks a topic prefix: what stands before `/add` and `/del`. */
export function parseTopicPrefix(text: string): Result<string, 'bad-topic'> {
  if (text === '') return failure('bad-topic', 'the topic is empty');
  if (/[#+]/.test(text)) {
    return failure(
      'bad-topic',
      'a topic prefix has no wildcards # and +: give the prefix alone, what is below it is included',
    );
  }
  if (text.startsWith('/') || text.endsWith('/')) {
    return failure('bad-topic', 'a topic prefix neither starts nor ends with /: leave it out');
  }
  if (text.startsWith('$')) {
    return failure('bad-topic', 'topics that start with $ belong to the broker: choose another');
  }
  // MQTT 5, 1.5.4: no NUL, no lone surrogates; brokers may refuse the other control characters.
  if (/[\p{Cc}\p{Cs}]/u.test(text)) {
    return failure('bad-topic', 'a topic holds no control characters');
  }
  return Buffer.byteLength(text) > MAX_TOPIC_BYTES
    ? failure('bad-topic', `a topic prefix has at most ${String(MAX_TOPIC_BYTES)} bytes`)
    : success(text);
}

/**
 * What to subscribe to. `T/#` covers `T` itself too (MQTT 5, 4.7.1.2), and a prefix that lies
 * below another one is covered by it: overlapping filters would deliver messages twice.
 */
export function topicFilters(bindings: readonly Binding[]): string[] {
  const topics = [...new Set(bindings.map(({ topic }) => topic))];
  return topics
    .filter((topic) => !topics.some((other) => topic.startsWith(`${other}/`)))
    .map((topic) => `${topic}/#`);
}

/** Where a publisher sends entries: `blacklist/add`, `blacklist/del`. */
export function topicFor(topic: string, action: 'ban' | 'unban'): string {
  return `${topic}/${action === 'ban' ? 'add' : 'del'}`;
}

import { failure, success, type Result } from '../words/result.js';
import type { Binding } from './topic.js';

/** What a topic asks for, and of which sets. */
export type ResolvedTopic = { readonly bindings: readonly Binding[] } & (
  | { readonly action: 'ban' | 'unban' }
  /** `T/lease/<origin>/<address>`; both parts as they came, nothing checked. */
  | { readonly action: 'lease'; readonly origin: string; readonly address: string }
);

export type TopicResolution = Result<ResolvedTopic, 'unknown-topic' | 'unknown-action'>;

const LEASE = /^\/lease\/([^/]+)\/([^/]+)$/;

/**
 * Finds what a message's topic means. Of bindings that overlap (`-t a -t a/b`) the longest prefix
 * takes the message; bindings with the same prefix take it together.
 */
export function resolveTopic(topic: string, bindings: readonly Binding[]): TopicResolution {
  let longest: string | undefined;
  for (const binding of bindings) {
    if (isBelow(topic, binding.topic) && binding.topic.length > (longest?.length ?? 0)) {
      longest = binding.topic;
    }
  }
  if (longest === undefined) {
    return failure('unknown-topic', 'no set is bound to this topic: bind one with -t topic=set');
  }
  const prefix = longest;
  const bound = bindings.filter((binding) => binding.topic === prefix);
  const rest = topic.slice(prefix.length);
  if (rest === '' || rest === '/add') return success({ bindings: bound, action: 'ban' });
  if (rest === '/del') return success({ bindings: bound, action: 'unban' });
  const [, origin, address] = LEASE.exec(rest) ?? [];
  if (origin !== undefined && address !== undefined) {
    return success({ bindings: bound, action: 'lease', origin, address });
  }
  return failure(
    'unknown-action',
    'behind the topic goes nothing, /add, /del or /lease/ORIGIN/ADDRESS',
  );
}

function isBelow(topic: string, prefix: string): boolean {
  return (
    topic.startsWith(prefix) &&
    (topic.length === prefix.length || topic.charCodeAt(prefix.length) === SLASH)
  );
}

const SLASH = 0x2f;

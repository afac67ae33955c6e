import { failure, success, type Result } from '../words/result.js';
import type { Binding } from './topic.js';

/** What a topic asks for, and of which sets. */
export interface ResolvedTopic {
  readonly bindings: readonly Binding[];
  /** `nodes`: what nodes say to each other (`T/sync`, `T/ask`), which holds no entries. */
  readonly action: 'ban' | 'unban' | 'nodes';
}

/** What `resolveTopic` found, or why the message is none of ours. */
export type TopicResolution = Result<ResolvedTopic, 'unknown-topic' | 'unknown-action'>;

/**
 * Finds what a message's topic means. Of bindings that overlap (`a` and `a/b`) the longest prefix
 * takes the message; bindings with the same prefix take it together.
 */
export function resolveTopic(topic: string, bindings: readonly Binding[]): TopicResolution {
  let longest: string | undefined;
  for (const binding of bindings) {
    if (isBelow(topic, binding.topic) && binding.topic.length > (longest?.length ?? 0)) {
      longest = binding.topic;
    }
  }
  if (longest === undefined) return failure('unknown-topic', 'no set is bound to this topic');
  const prefix = longest;
  const bound = bindings.filter((binding) => binding.topic === prefix);
  const action = ACTIONS.get(topic.slice(prefix.length));
  return action === undefined
    ? failure('unknown-action', 'behind the topic goes nothing, /add or /del')
    : success({ bindings: bound, action });
}

const ACTIONS: ReadonlyMap<string, ResolvedTopic['action']> = new Map([
  ['', 'ban'],
  ['/add', 'ban'],
  ['/del', 'unban'],
  ['/sync', 'nodes'],
  ['/ask', 'nodes'],
]);

function isBelow(topic: string, prefix: string): boolean {
  return (
    topic.startsWith(prefix) &&
    (topic.length === prefix.length || topic.charCodeAt(prefix.length) === SLASH)
  );
}

const SLASH = 0x2f;

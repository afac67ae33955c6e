import { PROTECT_TOPIC } from '@vallum/core';
import type { Binding } from '@vallum/core/protocol';

/** A node's name, or a client's; each is one level of a topic. */
const NAME = /^[\w.:-]{1,128}$/;
const PROTECTION: ReadonlySet<string> = new Set(
  ['add', 'del', 'sync', 'ask'].map((operation) => `${PROTECT_TOPIC}/${operation}`),
);
const OPERATIONS: ReadonlySet<string> = new Set(['', '/add', '/del', '/sync', '/ask']);

/**
 * Whether nodes and publishers use this topic: what belongs to a topic of this node, statuses,
 * inboxes, answers and the fleet's protect list.
 */
export function isCarried(topic: string, bindings: readonly Pick<Binding, 'topic'>[]): boolean {
  if (PROTECTION.has(topic)) return true;
  const [root, ...levels] = topic.split('/');
  if (root === 'vallumd') {
    const [first = '', second] = levels;
    if (levels.length === 1) return NAME.test(first);
    if (levels.length !== 2 || second === undefined) return false;
    return NAME.test(first) && (second === 'sync' || (first === 'reply' && NAME.test(second)));
  }
  return bindings.some(
    (binding) =>
      topic.startsWith(binding.topic) && OPERATIONS.has(topic.slice(binding.topic.length)),
  );
}

/** `vallumd/fw1`: the only topic whose last message is kept for those who subscribe later. */
export function isStatusTopic(topic: string): boolean {
  const [root, name = '', ...more] = topic.split('/');
  return root === 'vallumd' && more.length === 0 && NAME.test(name);
}

/** Whether something may ever come that the filter asks for. Under wildcards that is not looked at. */
export function maySubscribe(filter: string, bindings: readonly Pick<Binding, 'topic'>[]): boolean {
  // What the broker tells about itself ($SYS) names other clients.
  if (filter.startsWith('$')) return false;
  return /[+#]/.test(filter) || isCarried(filter, bindings);
}

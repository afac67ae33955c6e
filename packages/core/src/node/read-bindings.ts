import { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';
import { parseBinding, type Binding } from '../message/topic.js';
import { isProtectBinding, PROTECT_TOPIC } from '../policy/fleet-protection.js';
import type { VallumOptions } from './vallum-types.js';

/** @throws VallumError `INVALID_ARGUMENT` naming the topic that cannot be read, or for none at all */
export function readBindings(topics: VallumOptions['topics']): Binding[] {
  if (topics.length === 0) {
    throw new VallumError('give at least one topic', {
      code: 'INVALID_ARGUMENT',
      operation: 'read the topics',
    });
  }
  return topics.map((topic) => {
    if (typeof topic !== 'string') return unreserved(topic);
    const binding = parseBinding(topic);
    if (binding.ok) return unreserved(binding.value);
    throw new VallumError(`topic ${JSON.stringify(topic)}: ${binding.detail}`, {
      code: 'INVALID_ARGUMENT',
      operation: 'read the topics',
    });
  });
}

/** @throws VallumError `INVALID_ARGUMENT` for what stands for the fleet's protect list */
function unreserved(binding: Binding): Binding {
  if (!isProtectBinding(binding)) return binding;
  const { topic, set } = binding;
  throw new VallumError(
    `topic ${topic}=${set}: ${PROTECT_TOPIC} is the fleet's protect list; name another`,
    { code: 'INVALID_ARGUMENT', operation: 'read the topics' },
  );
}

/** The sets that the topics come to, each once. */
export function boundSets(bindings: readonly Binding[]): SetName[] {
  return [...new Set(bindings.map(({ set }) => set))];
}

import type { PublishRequest } from './request.js';

/** What is sent, in a word to count: `1 ban`, `2 entries`. */
export function entryNoun({
  action,
  isProtection = false,
}: Pick<PublishRequest, 'action' | 'isProtection'>): string {
  return isProtection ? 'entry' : action;
}

import { afterAll } from '@jest/globals';

const leftovers = new Set<() => void | Promise<void>>();

/**
 * Notes how to end something that a test began, should the test fail before it does so itself.
 * Returns how to forget it. Runs at the end of the test file, so it must bear a second call.
 */
export function endWithFile(end: () => void | Promise<void>): () => void {
  leftovers.add(end);
  return () => {
    leftovers.delete(end);
  };
}

afterAll(async () => {
  // What was begun last ends first: programs before the namespaces and folders they live in.
  for (const end of [...leftovers].reverse()) await end();
  leftovers.clear();
});

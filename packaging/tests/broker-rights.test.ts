import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** `topic read blacklist/#` of one user in docs/security.md: the topics. */
const topicsOf = (user: string): string[] => {
  const rules = new RegExp(`^user ${user}\n((?:topic .*\n)+)`, 'm').exec(read('docs/security.md'));
  return [...(rules?.[1] ?? '').matchAll(/^topic \w+ (\S+)$/gm)].map(([, topic = '']) => topic);
};

it('the configuration that comes with vallumd names all that the broker must allow', () => {
  const comments = read('packaging/debian/vallumd/vallumd.yaml').replace(/\n# /g, ' ');
  const named = /The broker must let it (read [^.]*)\./.exec(comments)?.[1]?.split(/,? and |, | /);
  expect(new Set(named)).toEqual(new Set([...topicsOf('fw1'), 'read', 'write']));
});

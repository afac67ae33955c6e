import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

const families = (unit: string) => {
  const path = new URL(`../debian/vallum-pub/${unit}.service`, import.meta.url);
  return /^RestrictAddressFamilies=(.*)$/m.exec(readFileSync(path, 'utf8'))?.[1];
};

it('the units of vallum-pub may look a broker up in the same way', () => {
  // glibc asks by netlink which addresses this machine has before it puts those of a name in order.
  expect(families('vallum-pub-flush')).toContain('AF_NETLINK');
  expect(families('vallum-feed@')).toBe(families('vallum-pub-flush'));
});

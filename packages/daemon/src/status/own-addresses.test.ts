import { expect, it } from '@jest/globals';
import { ownAddresses } from './own-addresses.js';

it('names the addresses by which others reach this machine, and no more than 32', () => {
  const info = (address: string, internal = false) => ({ address, internal }) as never;
  expect(
    ownAddresses(() => ({
      lo: [info('127.0.0.1', true), info('::1', true)],
      eth0: [info('198.51.100.7'), info('2001:db8::7'), info('fe80::1'), info('FEBF::1')],
      eth1: [info('169.254.3.4'), info('198.51.100.7')],
      gone: undefined,
    })),
  ).toEqual(['198.51.100.7', '2001:db8::7']);
  const many = Array.from({ length: 100 }, (_, at) => info(`10.0.0.${at.toString()}`));
  expect(ownAddresses(() => ({ eth0: many }))).toHaveLength(32);
});

it('names none where the process may not ask', () => {
  const forbidden = () => {
    throw new Error('Unknown system error 97');
  };
  expect(ownAddresses(forbidden)).toEqual([]);
});

import { describe, expect, it } from '@jest/globals';
import type { networkInterfaces } from 'node:os';
import { findHostAddresses } from './host-addresses.js';

const files: Record<string, string> = {
  '/proc/net/route': [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
    '',
  ].join('\n'),
  '/proc/net/ipv6_route': [
    `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0`,
    `${'0'.repeat(31)}1 80 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000000 00000003 00000000 80200001       lo`,
    '',
  ].join('\n'),
  '/etc/resolv.conf': [
    '# nameserver 203.0.113.1',
    'search example.org',
    'nameserver 192.0.2.53',
    'nameserver fe80::53%eth0 # the router',
    'nameserver localhost',
  ].join('\n'),
};
const interfaces = (() => ({
  eth0: [{ address: '192.168.0.7' }, { address: 'fe80::7' }],
  down: undefined,
})) as unknown as typeof networkInterfaces;

describe('the addresses that this host needs', () => {
  it('are its own, its gateways and its name servers', async () => {
    const read = (path: string) => {
      const text = files[path];
      return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
    };
    const found = await findHostAddresses({ read, interfaces });
    expect(found.map(({ address, because }) => `${address.text} ${because}`)).toEqual([
      '192.168.0.7 address of eth0',
      'fe80::7 address of eth0',
      '192.168.0.1 gateway on eth0',
      'fe80::1 gateway on eth0',
      '192.0.2.53 name server',
      'fe80::53 name server',
    ]);
  });

  it('can be read from the real system', async () => {
    const found = await findHostAddresses();
    expect(found.map(({ address }) => address.text)).toContain('127.0.0.1');
  });
});

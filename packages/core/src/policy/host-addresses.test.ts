import { describe, expect, it } from '@jest/globals';
import type { networkInterfaces } from 'node:os';
import { findHostAddresses, type HostAddress } from './host-addresses.js';

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
  eth0: [
    { address: '192.168.0.7', cidr: '192.168.0.7/23' },
    { address: 'fe80::7', cidr: 'fe80::7/64' },
  ],
  ppp0: [{ address: '192.168.9.9', cidr: '192.168.9.9/32' }],
  odd0: [{ address: '192.168.9.10', cidr: null }, { address: 'none' }],
  down: undefined,
})) as unknown as typeof networkInterfaces;

const read = (path: string): Promise<string> => {
  const text = files[path];
  return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
};
const shown = ({ address, because }: HostAddress): string => `${address.text} ${because}`;

describe('the addresses that this host needs', () => {
  it('are its own, its gateways and its name servers, as files tell where netlink is not to be had', async () => {
    const found = await findHostAddresses({
      files: { read, interfaces },
      network: () => Promise.reject(new Error('no koffi')),
    });
    expect(found.map(shown)).toEqual([
      '192.168.0.7 address of eth0',
      '192.168.1.255 broadcast of eth0',
      'fe80::7 address of eth0',
      '192.168.9.9 address of ppp0',
      '192.168.9.10 address of odd0',
      '192.168.0.1 gateway on eth0',
      'fe80::1 gateway on eth0',
      '192.0.2.53 name server',
      'fe80::53 name server',
    ]);
  });

  it('are those that the kernel tells, and the name servers', async () => {
    const ipv4 = (...bytes: number[]) => Uint8Array.from(bytes);
    const ipv6 = Uint8Array.from([0xfe, 0x80, ...Array<number>(13).fill(0), 1]);
    const found = await findHostAddresses({
      files: { read, interfaces },
      network: () =>
        Promise.resolve({
          facts: [
            { kind: 'own', bytes: ipv4(10, 1, 2, 3), index: 2, prefixLength: 22 },
            { kind: 'own', bytes: ipv4(10, 9, 0, 1), index: 3 },
            { kind: 'peer', bytes: ipv4(10, 9, 0, 2), index: 3 },
            { kind: 'broadcast', bytes: ipv4(10, 1, 2, 99), index: 2 },
            { kind: 'gateway', bytes: ipv6, index: 9 },
          ],
          links: new Map([
            [2, 'eth0'],
            [3, 'ppp0'],
          ]),
        }),
    });
    expect(found.map(shown)).toEqual([
      '10.1.2.3 address of eth0',
      '10.1.3.255 broadcast of eth0',
      '10.9.0.1 address of ppp0',
      '10.9.0.2 other end of ppp0',
      '10.1.2.99 broadcast of eth0',
      'fe80::1 gateway on interface 9',
      '192.0.2.53 name server',
      'fe80::53 name server',
    ]);
  });

  it('can be read from the real system', async () => {
    const found = await findHostAddresses();
    expect(found.map(({ address }) => address.text)).toContain('127.0.0.1');
  });
});

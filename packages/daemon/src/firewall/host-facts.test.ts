import { describe, expect, it } from '@jest/globals';
import { parseAddress, type HostAddress } from '@vallum/core';
import { gatherHost } from './host-facts.js';

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0: 1234567    8901    0    0    0     0          0         0  1234567    8901    0    0    0     0       0          0
br-lan:0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
`;

function host(
  files: Readonly<Record<string, string>>,
  folders: Readonly<Record<string, readonly string[]>>,
) {
  const lookUp = <T>(known: Readonly<Record<string, T>>, path: string): Promise<T> => {
    const found = known[path];
    return found === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(found);
  };
  return gatherHost({
    read: (path) => lookUp(files, path),
    list: (folder) => lookUp(folders, folder),
    addresses: () =>
      Promise.resolve([
        address('127.0.0.1', 'address of lo'),
        address('198.51.100.9', 'address of lo'),
        address('192.0.2.1', 'address of eth0'),
        address('192.0.2.255', 'broadcast of eth0'),
        address('192.0.2.254', 'gateway on eth0'),
        address('::1', 'address of lo'),
        address('2001:db8::1', 'address of eth0'),
      ]),
  });
}

function address(text: string, because: string): HostAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return { address: parsed.value, because };
}

describe('what of a machine decides which way packets take', () => {
  it('are its interfaces, its addresses and what it passes on', async () => {
    const v4 = '/proc/sys/net/ipv4/conf';
    const found = await host(
      {
        '/proc/self/net/dev': NET_DEV,
        [`${v4}/all/forwarding`]: '0\n',
        [`${v4}/eth0/forwarding`]: '1\n',
        '/proc/sys/net/bridge/bridge-nf-call-iptables': '1\n',
      },
      { [v4]: ['all', 'default', 'eth0', 'lo'], '/sys/class/net/br-lan/bridge': ['bridge_id'] },
    );
    expect(found).toEqual({
      interfaces: ['lo', 'eth0', 'br-lan'],
      addresses: ['198.51.100.9', '192.0.2.1', '2001:db8::1'],
      broadcasts: ['192.0.2.255'],
      forwards: { ipv4: true, ipv6: false },
      bridged: { ipv4: ['br-lan'], ipv6: [] },
    });
  });

  it('are not known where there is no /proc', async () => {
    const found = await host({}, {});
    expect(found.interfaces).toBeUndefined();
    expect(found).toMatchObject({ forwards: { ipv4: false, ipv6: false } });
  });
});

import { addressFromBytes } from '../address/from-bytes.js';
import { parseAddress } from '../address/parse.js';
import type { HostFiles } from '../system/host-files.js';
import { ownAddress } from './own-address.js';
import type { ProtectedEntry } from './protect-list.js';

/**
 * What can be known of the network where netlink is not to be had: the addresses of interfaces that
 * are up (libuv), and the first gateway of each route of the main table (`/proc/net/route`,
 * `/proc/net/ipv6_route`). A file that is not there adds nothing.
 */
export async function networkFromFiles(files: HostFiles): Promise<ProtectedEntry[]> {
  const read = (path: string) => files.read(path).catch(() => '');
  return [
    ...interfaceAddresses(files.interfaces()),
    ...ipv4Gateways(await read('/proc/net/route')),
    ...ipv6Gateways(await read('/proc/net/ipv6_route')),
  ];
}

function interfaceAddresses(interfaces: ReturnType<HostFiles['interfaces']>): ProtectedEntry[] {
  return Object.entries(interfaces).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap(({ address, cidr }) => {
      const parsed = parseAddress(address);
      if (!parsed.ok) return [];
      const length = /\/(\d+)$/.exec(cidr ?? '')?.[1];
      return ownAddress(parsed.value, length === undefined ? undefined : Number(length), name);
    }),
  );
}

/**
 * ```
 * Iface  Destination Gateway  Flags RefCnt Use Metric Mask     MTU Window IRTT
 * eth0   00000000    0100A8C0 0003  0      0   100    00000000 0   0      0
 * ```
 * The gateway is the address in network byte order, printed as a number of the host's byte order.
 */
function ipv4Gateways(text: string): ProtectedEntry[] {
  return text.split('\n').flatMap((line) => {
    const [name, , gateway = ''] = line.split('\t');
    if (!/^[0-9A-F]{8}$/.test(gateway) || /^0+$/.test(gateway)) return [];
    const bytes = new Uint8Array(new Uint32Array([Number.parseInt(gateway, 16)]).buffer);
    return [{ address: addressFromBytes('ipv4', bytes), because: `gateway on ${name?.trim()}` }];
  });
}

/**
 * ```
 * destination/32 hex  len source/32 hex  len next hop/32 hex  metric refcnt use flags interface
 * 00000000…00000000   00  00000000…0     00  fe80…0001        00000400 …          eth0
 * ```
 */
function ipv6Gateways(text: string): ProtectedEntry[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const nextHop = fields[4] ?? '';
    if (!/^[0-9a-f]{32}$/.test(nextHop) || /^0+$/.test(nextHop)) return [];
    const bytes = Uint8Array.from(Buffer.from(nextHop, 'hex'));
    return [{ address: addressFromBytes('ipv6', bytes), because: `gateway on ${fields.at(-1)}` }];
  });
}

import { addressFromBytes } from '../address/from-bytes.js';
import { addressWidth, type Address } from '../address/address.js';
import { parseAddress } from '../address/parse.js';
import { systemFiles, type HostFiles } from '../system/host-files.js';

/** One address that this host needs in order to be reached, and what it is. */
export interface HostAddress {
  readonly address: Address;
  /** `address of eth0`, `gateway on eth0`, `name server`. */
  readonly because: string;
}

/**
 * Finds this host's own addresses, its gateways (`/proc/net/route`, `/proc/net/ipv6_route`) and its
 * name servers (`/etc/resolv.conf`, and systemd-resolved's upstream list). A file that is not there
 * adds nothing.
 */
export async function findHostAddresses(files: HostFiles = systemFiles): Promise<HostAddress[]> {
  const read = (path: string) => files.read(path).catch(() => '');
  const resolvers = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];
  return [
    ...interfaceAddresses(files.interfaces()),
    ...ipv4Gateways(await read('/proc/net/route')),
    ...ipv6Gateways(await read('/proc/net/ipv6_route')),
    ...(await Promise.all(resolvers.map(read))).flatMap(nameServers),
  ];
}

function interfaceAddresses(interfaces: ReturnType<HostFiles['interfaces']>): HostAddress[] {
  return Object.entries(interfaces).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap(({ address }) => found(address, `address of ${name}`)),
  );
}

/**
 * ```
 * Iface  Destination Gateway  Flags RefCnt Use Metric Mask     MTU Window IRTT
 * eth0   00000000    0100A8C0 0003  0      0   100    00000000 0   0      0
 * ```
 * The gateway is the address in network byte order, printed as a number of the host's byte order.
 */
function ipv4Gateways(text: string): HostAddress[] {
  return text.split('\n').flatMap((line) => {
    const [name, , gateway = ''] = line.split('\t');
    if (!/^[0-9A-F]{8}$/.test(gateway) || /^0+$/.test(gateway)) return [];
    const bytes = new Uint8Array(new Uint32Array([Number.parseInt(gateway, 16)]).buffer);
    return [
      { address: addressFromBytes('ipv4', bytes, 32), because: `gateway on ${name?.trim()}` },
    ];
  });
}

/**
 * ```
 * destination/32 hex  len source/32 hex  len next hop/32 hex  metric refcnt use flags interface
 * 00000000…00000000   00  00000000…0     00  fe80…0001        00000400 …          eth0
 * ```
 */
function ipv6Gateways(text: string): HostAddress[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const nextHop = fields[4] ?? '';
    if (!/^[0-9a-f]{32}$/.test(nextHop) || /^0+$/.test(nextHop)) return [];
    const bytes = Uint8Array.from(Buffer.from(nextHop, 'hex'));
    const address = addressFromBytes('ipv6', bytes, addressWidth('ipv6'));
    return [{ address, because: `gateway on ${fields.at(-1)}` }];
  });
}

/** `nameserver 192.0.2.53`; a zone id (`fe80::1%eth0`) names the link, not another host. */
function nameServers(text: string): HostAddress[] {
  return [...text.matchAll(/^\s*nameserver\s+([^\s%]+)/gm)].flatMap(([, server]) =>
    found(server ?? '', 'name server'),
  );
}

function found(text: string, because: string): HostAddress[] {
  const parsed = parseAddress(text);
  return parsed.ok ? [{ address: parsed.value, because }] : [];
}

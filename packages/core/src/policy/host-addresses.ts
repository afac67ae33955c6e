import type { Address } from '../address/address.js';
import { parseAddress } from '../address/parse.js';
import { addressFromBytes } from '../address/from-bytes.js';
import {
  loadLibC,
  readNetwork,
  readOwnAddresses,
  watchNetwork,
  type LibC,
  type Network,
} from '../netlink/index.js';

import type { Clock } from '../system/clock.js';
import { systemFiles, type HostFiles } from '../system/host-files.js';
import { nameServers } from './name-servers.js';
import { networkFromFiles } from './network-from-files.js';
import { ownAddress } from './own-address.js';
import type { ProtectedEntry } from './protect-list.js';

/**
 * One address that this host needs in order to be reached, and what it is: `address of eth0`,
 * `broadcast of eth0`, `other end of ppp0`, `gateway on eth0`, `name server`.
 */
export type HostAddress = ProtectedEntry;

export interface HostSources {
  readonly files: HostFiles;
  /** Asks the kernel; rejects where it cannot, and the files have to serve. */
  readonly network: () => Promise<Network>;
}

const RESOLVERS = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

/** Once a process: each binding of libc to koffi stays in memory. */
let libc: Promise<LibC> | undefined;

/** @throws VallumError `BACKEND_UNAVAILABLE` where koffi or libc is not to be had */
export function hostLibC(): Promise<LibC> {
  return (libc ??= loadLibC());
}

/**
 * Finds this host's own addresses, also of interfaces that are down, its gateways in all routing
 * tables and nexthop objects (rtnetlink), and its name servers (`/etc/resolv.conf`, and
 * systemd-resolved's upstream list). Without netlink the files under /proc tell what they know.
 */
export async function findHostAddresses(
  sources: Partial<HostSources> = {},
): Promise<HostAddress[]> {
  const { files = systemFiles, network = async () => readNetwork(await hostLibC()) } = sources;
  const read = (path: string) => files.read(path).catch(() => '');
  const found = await network().then(entriesOf, () => networkFromFiles(files));
  const resolvers = await Promise.all(RESOLVERS.map(read));
  return [...found, ...resolvers.flatMap(nameServers)];
}

/**
 * The addresses of this host's own interfaces, also of those that are down. Without netlink, of those
 * that are up.
 */
export async function findOwnAddresses(): Promise<Address[]> {
  try {
    const facts = await readOwnAddresses(await hostLibC());
    return facts.map(({ bytes }) => addressFromBytes(bytes.length === 4 ? 'ipv4' : 'ipv6', bytes));
  } catch {
    const interfaces = Object.values(systemFiles.interfaces()).flat();
    return interfaces.flatMap((one) => {
      const parsed = parseAddress(one?.address ?? '');
      return parsed.ok ? [parsed.value] : [];
    });
  }
}

/**
 * Calls back when `findOwnAddresses` may find others than before.
 *
 * @returns what stops it
 * @throws where the kernel cannot be listened to
 */
export async function watchOwnAddresses(changed: () => void, clock: Clock): Promise<() => void> {
  const failed = (): void => undefined;
  return watchNetwork(await hostLibC(), changed, failed, { clock, only: 'own-addresses' });
}

function entriesOf({ facts, links }: Network): HostAddress[] {
  return facts.flatMap(({ kind, bytes, index, prefixLength }) => {
    const address = addressFromBytes(bytes.length === 4 ? 'ipv4' : 'ipv6', bytes);
    const link = links.get(index) ?? `interface ${index}`;
    switch (kind) {
      case 'own':
        return ownAddress(address, prefixLength, link);
      case 'peer':
        return [{ address, because: `other end of ${link}` }];
      case 'broadcast':
        return [{ address, because: `broadcast of ${link}` }];
      case 'gateway':
        return [{ address, because: `gateway on ${link}` }];
    }
  });
}

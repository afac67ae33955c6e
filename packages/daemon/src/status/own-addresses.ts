import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/** Machines with containers have many. */
const MOST = 32;

/**
 * Under which addresses this machine can be reached: those of its running interfaces that are neither loopback
 * nor link-local, in the order of the alphabet, the first 32. None where this process may not ask: who announces
 * its addresses says so.
 */
export function ownAddresses(
  interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces,
): string[] {
  const found = Object.values(tried(interfaces)).flatMap((infos = []) =>
    infos.flatMap(({ address, internal }) => (internal || isLinkLocal(address) ? [] : [address])),
  );
  return [...new Set(found)].sort().slice(0, MOST);
}

function tried(
  interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]>,
): NodeJS.Dict<NetworkInterfaceInfo[]> {
  try {
    return interfaces();
  } catch {
    return {};
  }
}

/** RFC 3927 (169.254.0.0/16), RFC 4291 (fe80::/10). */
function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address);
}

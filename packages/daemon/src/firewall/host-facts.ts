import { readdir, readFile } from 'node:fs/promises';
import { findHostAddresses, type Family, type HostAddress } from '@vallum/core';

/** What of this machine decides which way packets take through its rules. */
export interface HostFacts {
  /** Names of all that are there, loopback too; undefined: not known. */
  readonly interfaces?: readonly string[];
  /** Its own addresses, without 127.0.0.0/8 and ::1. */
  readonly addresses: readonly string[];
  /** Those of its networks that reach everybody there. */
  readonly broadcasts: readonly string[];
  /** Whether packets for others are passed on. */
  readonly forwards: Readonly<Record<Family, boolean>>;
  /** The bridges from port to port of which packets pass the chains of `forward` (br_netfilter). */
  readonly bridged: Readonly<Record<Family, readonly string[]>>;
}

export interface HostDeps {
  /** Rejects where there is no such file. */
  readonly read: (path: string) => Promise<string>;
  readonly list: (folder: string) => Promise<readonly string[]>;
  readonly addresses: () => Promise<readonly HostAddress[]>;
}

const systemDeps: HostDeps = {
  read: (path) => readFile(path, 'utf8'),
  list: (folder) => readdir(folder),
  addresses: () => findHostAddresses(),
};

/** Reads /proc of this process's network namespace; what is not there counts as off. */
export async function gatherHost(deps: HostDeps = systemDeps): Promise<HostFacts> {
  const { read, list } = deps;
  const isOn = async (path: string) => (await read(path).catch(() => '0')).trim() === '1';
  // Forwarding may be on for some interfaces only.
  const forwards = async (version: string) => {
    const folder = `/proc/sys/net/${version}/conf`;
    const interfaces = await list(folder).catch(() => []);
    const found = await Promise.all(
      interfaces
        .filter((name) => name !== 'default' && name !== 'lo')
        .map((name) => isOn(`${folder}/${name}/forwarding`)),
    );
    return found.includes(true);
  };
  const interfaces = await read('/proc/self/net/dev').then(interfacesIn, () => undefined);
  const found = sortAddresses(await deps.addresses());
  const bridges = await bridgesAmong(interfaces ?? [], list);
  return {
    ...(interfaces && { interfaces }),
    addresses: found.own.filter((address) => !/^(127\.|::1$)/.test(address)),
    broadcasts: found.broadcasts,
    forwards: { ipv4: await forwards('ipv4'), ipv6: await forwards('ipv6') },
    bridged: {
      ipv4: (await isOn('/proc/sys/net/bridge/bridge-nf-call-iptables')) ? bridges : [],
      ipv6: (await isOn('/proc/sys/net/bridge/bridge-nf-call-ip6tables')) ? bridges : [],
    },
  };
}

async function bridgesAmong(
  interfaces: readonly string[],
  list: HostDeps['list'],
): Promise<string[]> {
  const found: string[] = [];
  for (const name of interfaces) {
    const isBridge = await list(`/sys/class/net/${name}/bridge`).then(
      () => true,
      () => false,
    );
    if (isBridge) found.push(name);
  }
  return found;
}

/**
 * Two lines of headings, then one for each interface:
 *
 *     Inter-|   Receive                                                |  Transmit
 *      face |bytes    packets errs drop …
 *         lo:       0       0    0    0 …
 */
function interfacesIn(text: string): readonly string[] {
  return text
    .split('\n')
    .slice(2)
    .flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? []);
}

/** By the words of `HostAddress`: `address of eth0`, `broadcast of eth0`. */
function sortAddresses(found: readonly HostAddress[]) {
  const named = (words: string) =>
    found.filter(({ because }) => because.startsWith(words)).map(({ address }) => address.text);
  return { own: named('address of '), broadcasts: named('broadcast of ') };
}

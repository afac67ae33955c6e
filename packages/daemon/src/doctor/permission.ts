import { readFile } from 'node:fs/promises';

// linux/capability.h
const CAP_NET_ADMIN = 12n;

/** Whether this process has CAP_NET_ADMIN, by `CapEff:	000001ffffffffff` of /proc/self/status. */
export async function hasNetAdmin(
  read: (path: string) => Promise<string> = (path) => readFile(path, 'utf8'),
): Promise<boolean | undefined> {
  const status = await read('/proc/self/status').catch(() => '');
  const bits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return bits === undefined ? undefined : ((BigInt(`0x${bits}`) >> CAP_NET_ADMIN) & 1n) === 1n;
}

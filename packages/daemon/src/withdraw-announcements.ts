import { PROTECT_SET, type Vallum } from '@vallum/core';

/** In whose name a node announces its own addresses. */
export function announcer(node: string): string {
  return `vallumd:${node}`;
}

/** Takes out of the fleet's protect list what an earlier run of this node has announced. */
export async function withdrawAnnouncements(
  vallum: Pick<Vallum, 'leases' | 'unprotect'>,
  node: string,
): Promise<void> {
  const origin = announcer(node);
  const addresses: string[] = [];
  for await (const { address } of vallum.leases(PROTECT_SET, { origin })) addresses.push(address);
  if (addresses.length === 0) return;
  // It is in the ledger, whether or not the broker is ever reached.
  await vallum.unprotect(addresses, { origin }).catch(() => undefined);
}

import type { Backend } from './backend.js';
import { createNftablesProcessBackend } from './nftables-process/nftables-process-backend.js';
import { createNftablesBackend as createNetlinkNftablesBackend } from './nftables-netlink/nftables-backend.js';
import type { TableOptions } from './nftables/table-address.js';
import { preferNetlink, type FallBackOptions } from './prefer-netlink.js';

/**
 * Edits the sets of one table of nftables: over netlink, some microseconds a single address; where
 * koffi or the socket is not to be had, by driving `nft -f -`.
 *
 * @throws VallumError `INVALID_ARGUMENT` for names that nft cannot read
 */
export function createNftablesBackend(
  options: TableOptions & FallBackOptions = {},
): Promise<Backend> {
  const { fellBack, ...table } = options;
  return preferNetlink(
    () => createNetlinkNftablesBackend(table),
    () => createNftablesProcessBackend(table),
    'nft',
    fellBack === undefined ? {} : { fellBack },
  );
}

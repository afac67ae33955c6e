import {
  loadLibC,
  NETLINK_NETFILTER,
  NetlinkConnection,
  NetlinkError,
  NetlinkSocket,
  type LibC,
} from '../../netlink/index.js';
import { kernelRelease } from '../../system/kernel-release.js';
import { systemClock, type Clock } from '../../system/clock.js';
import { isSingleAddress } from '../../address/address.js';
import type { SetName } from '../../words/names.js';
import type { Backend } from '../backend.js';
import { NetlinkSetDriver } from './netlink-set-driver.js';
import { renewalOf } from './renewal.js';
import { watchSets } from './watch-sets.js';
import { createSetBackend } from '../nftables/set-backend.js';
import { readTableOptions, type TableOptions } from '../nftables/table-address.js';

export interface NftablesBackendOptions extends TableOptions {
  /** Gives the system calls; default: libc through koffi. */
  readonly loadLibC?: () => Promise<LibC>;
  readonly clock?: Pick<Clock, 'nowMs'>;
  /** What `uname -r` prints; decides how an element gets a new end. */
  readonly kernelRelease?: string;
}

/**
 * Edits the sets of one table of nftables over netlink, without a process: some 30 µs a ban, also
 * where the set holds 500,000.
 *
 * Behind a set `blacklist` stand the hash set `blacklist` for single addresses and, where there is
 * one, the interval set `blacklist-net` for prefixes. Where an administrator has made `blacklist`
 * itself with `flags interval`, everything goes there.
 *
 * Lacking CAP_NET_ADMIN does not show here, but in each operation: the right may come later.
 *
 * @throws VallumError `BACKEND_UNAVAILABLE` where koffi or netlink is not to be had: use the
 *   process-driven backend then; `INVALID_ARGUMENT` for names that nft cannot read
 */
export async function createNftablesBackend(
  options: NftablesBackendOptions = {},
): Promise<Backend> {
  const { chain, ...table } = readTableOptions(options);
  const libc = await (options.loadLibC ?? loadLibC)();
  let closed = false;
  const connect = (): NetlinkConnection => {
    if (closed) throw new NetlinkError('the backend is closed', 'open netlink', 0, 'CLOSED');
    return new NetlinkConnection(new NetlinkSocket(libc, NETLINK_NETFILTER));
  };
  const driver = new NetlinkSetDriver(
    connect,
    table,
    renewalOf(options.kernelRelease ?? kernelRelease()),
  );
  const known = new Set<SetName>();
  const clock = options.clock ?? systemClock;
  const backend = createSetBackend({ driver, table, chain, clock, known, readsDrops: true });
  const watches = new Set<() => void>();
  return {
    ...backend,
    // The commit of a big interval set takes milliseconds, whatever is in it.
    immediate: isSingleAddress,
    watch(changed) {
      const stop = watchSets(libc, table, driver.portId, known, changed);
      watches.add(stop);
      return () => {
        watches.delete(stop);
        stop();
      };
    },
    close() {
      closed = true;
      for (const stop of watches) stop();
      return backend.close();
    },
  };
}

import {
  loadLibC,
  NETLINK_NETFILTER,
  NetlinkConnection,
  NetlinkSocket,
  type LibC,
} from '../../netlink/index.js';
import type { Backend } from '../backend.js';
import { ChangeApplier } from './apply-changes.js';
import { createSet } from './create-set.js';
import { inspectSet, listMembers } from './list-set.js';
import { IpsetSession } from './session.js';

export interface NetlinkIpsetDeps {
  /** Gives the system calls; default: libc through koffi. */
  readonly loadLibC?: () => Promise<LibC>;
}

/**
 * Edits ipset's sets over netlink, without a process: some microseconds an entry.
 *
 * Lacking CAP_NET_ADMIN does not show here, but in each operation: the right may come later.
 *
 * @throws VallumError `BACKEND_UNAVAILABLE` where koffi, netlink or the kernel's ipset is not to be
 *   had: use the process-driven `ipset` backend then
 */
export async function createNetlinkIpsetBackend(deps: NetlinkIpsetDeps = {}): Promise<Backend> {
  const libc = await (deps.loadLibC ?? loadLibC)();
  const connect = (): NetlinkConnection =>
    new NetlinkConnection(new NetlinkSocket(libc, NETLINK_NETFILTER));
  const connection = connect();
  const session = openSession(connection);
  const applier = new ChangeApplier(session);
  // Changes are applied in the order of the calls, also where one call takes several turns.
  let last: Promise<unknown> | undefined;

  return {
    name: 'ipset',
    inspect: (set) => inspectSet(connect, session.protocol, set),
    members: (set) => listMembers(connect, session.protocol, set),
    apply(changes) {
      const reports =
        last === undefined ? applier.apply(changes) : last.then(() => applier.apply(changes));
      const settled = reports.then(forget, forget);
      function forget(): void {
        if (last === settled) last = undefined;
      }
      last = settled;
      return reports;
    },
    create: async (spec) => Promise.resolve(createSet(session, spec)),
    async close() {
      await last;
      connection.close();
    },
  };
}

/** @throws NetlinkError, the socket closed */
function openSession(connection: NetlinkConnection): IpsetSession {
  try {
    return new IpsetSession(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
}

import {
  loadLibC,
  NETLINK_NETFILTER,
  NetlinkConnection,
  NetlinkError,
  NetlinkSocket,
  type LibC,
} from '../../netlink/index.js';
import type { SetName } from '../../words/names.js';
import { applyRanges } from '../apply-ranges.js';
import type { Backend, Change, ChangeReport } from '../backend.js';
import { inTurn } from '../in-turn.js';
import { ChangeApplier } from './apply-changes.js';
import { createSet } from './create-set.js';
import { inspectSet, listMembers } from './list-set.js';
import { IpsetSession } from './session.js';
import { testAddress } from './test-address.js';

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
  let closed = false;
  const connect = (): NetlinkConnection => {
    if (closed) throw new NetlinkError('the backend is closed', 'open netlink', 0, 'CLOSED');
    return new NetlinkConnection(new NetlinkSocket(libc, NETLINK_NETFILTER));
  };
  const connection = connect();
  const session = openSession(connection);
  const applier = new ChangeApplier(session);
  const inOrder = inTurn();
  const typeOf = async (set: SetName): Promise<string | undefined> =>
    (await inspectSet(connect, session.protocol, set))?.type;
  const applyPlain = (changes: readonly Change[]): Promise<ChangeReport[]> =>
    applier.apply(changes);

  return {
    name: 'ipset',
    immediate: () => true,
    inspect: (set) => inspectSet(connect, session.protocol, set),
    members: (set) => listMembers(connect, session.protocol, set),
    test: (set, address) =>
      inOrder(async () => Promise.resolve(testAddress(session, set, address))),
    apply: (changes) => inOrder(() => applyRanges(changes, typeOf, applyPlain)),
    create: (spec) => inOrder(async () => Promise.resolve(createSet(session, spec))),
    close: () =>
      inOrder(async () => {
        closed = true;
        connection.close();
        return Promise.resolve();
      }),
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

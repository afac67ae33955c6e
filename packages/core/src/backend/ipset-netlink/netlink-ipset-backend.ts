import {
  loadLibC,
  NETLINK_NETFILTER,
  NetlinkConnection,
  NetlinkError,
  NetlinkSocket,
  type LibC,
} from '../../netlink/index.js';
import type { Address } from '../../address/address.js';
import type { SetName } from '../../words/names.js';
import { applyAsColumns } from '../apply-as-columns.js';
import { applyBySet } from '../apply-by-set.js';
import { applyRanges } from '../apply-ranges.js';
import type { Backend, ChangeColumns, ChangeVerdicts } from '../backend.js';
import { Lanes } from '../lanes.js';
import { ColumnApplication, newLimits } from './apply-columns.js';
import { createSet } from './create-set.js';
import { inspectSet, listSet, type Lister } from './list-set.js';
import { IpsetSession } from './session.js';
import { SetKinds } from './set-kinds.js';
import { testAddress } from './test-address.js';
import type { Question } from './write-request.js';

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
  const kinds = new SetKinds(session);
  const limits = newLimits();
  const lanes = new Lanes();
  const lister: Lister = {
    connect,
    protocol: session.protocol,
    turn: (send) => session.inTurn(send),
  };
  const typeOf = async (set: SetName): Promise<string | undefined> =>
    (await inspectSet(lister, set))?.type;
  const ask = (set: SetName, address: Address, question: Question): Promise<boolean> =>
    lanes.run(set, () =>
      session.inTurn(async () => Promise.resolve(testAddress(session, set, address, question))),
    );
  const applyInLane = (columns: ChangeColumns): Promise<ChangeVerdicts> =>
    new ColumnApplication(session, kinds, limits, columns).apply();

  return {
    name: 'ipset',
    immediate: () => true,
    inspect: (set) => inspectSet(lister, set),
    members: async (set, visit) => (await listSet(lister, set)).visit(visit),
    test: (set, address) => ask(set, address, 'is-member'),
    excepts: (set, address) => ask(set, address, 'is-exception'),
    apply: (changes) =>
      applyBySet(changes, (set, own) =>
        lanes.run(set, () =>
          applyRanges(own, typeOf, (plain) => applyAsColumns(plain, applyInLane)),
        ),
      ),
    applyColumns: (columns) => lanes.run(columns.set, () => applyInLane(columns)),
    create: (spec) =>
      lanes.run(spec.set, () =>
        session.inTurn(async () => Promise.resolve(createSet(session, spec))),
      ),
    close: () =>
      lanes.close(() => {
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

import { addressAt } from '../../address/address-columns.js';
import type { SetName } from '../../words/names.js';
import type { Clock } from '../../system/clock.js';
import {
  ADD,
  NO_TIMEOUT,
  type Backend,
  type Change,
  type ChangeReport,
  type MemberColumns,
  type SetInfo,
} from '../backend.js';
import { failedChange } from '../explain-fault.js';
import { createMemoryBackend, type MemoryBackend } from '../memory/memory-backend.js';
import { reportThrown } from '../report-thrown.js';
import { describeChange, describeCreation } from './describe-change.js';

/** What `createDryRunBackend` takes. */
export interface DryRunBackendOptions {
  /** Takes one line, without a line break, for each change that would be made. */
  readonly print: (line: string) => void;
  /** Real sets to start from; they are looked at, never changed. Default: no set exists. */
  readonly inner?: Backend;
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/**
 * Says what would be done and does nothing to the kernel. It works on copies: a real set is copied
 * when it is first used and lives on in memory, so that what was "banned" stays so.
 */
export function createDryRunBackend(options: DryRunBackendOptions): Backend {
  const { print, inner, clock } = options;
  const copies = createMemoryBackend(clock === undefined ? {} : { clock });
  const adopted = new Map<SetName, Promise<void>>();
  const howToCreate = inner?.howToCreate?.bind(inner);

  /** A set that is missing or cannot be read is asked for again the next time. */
  const adopt = async (set: SetName): Promise<void> => {
    if (inner === undefined) return;
    const copying = adopted.get(set) ?? copySet(set, inner, copies);
    adopted.set(set, copying);
    try {
      await copying;
    } finally {
      if ((await copies.inspect(set)) === undefined) adopted.delete(set);
    }
  };

  const applyOne = async (change: Change): Promise<ChangeReport> => {
    try {
      await adopt(change.set);
    } catch (error) {
      return reportThrown(change, error);
    }
    const [report] = await copies.apply([change]);
    if (report?.outcome === 'applied') print(describeChange(change));
    return report ?? failedChange(change, 'unknown');
  };

  return {
    name: 'dry-run',

    async inspect(set) {
      await adopt(set);
      return copies.inspect(set);
    },

    async members(set, visit) {
      await adopt(set);
      await copies.members(set, visit);
    },

    async test(set, address) {
      await adopt(set);
      return copies.test(set, address);
    },

    async excepts(set, address) {
      await adopt(set);
      return copies.excepts(set, address);
    },

    async apply(changes) {
      const reports: ChangeReport[] = [];
      for (const change of changes) reports.push(await applyOne(change));
      return reports;
    },

    async create(spec) {
      await adopt(spec.set);
      const outcome = await copies.create(spec);
      if (outcome === 'created') print(describeCreation(spec));
      return outcome;
    },

    ...(howToCreate === undefined ? {} : { howToCreate }),

    async close() {
      await inner?.close();
    },
  };
}

async function copySet(set: SetName, from: Backend, to: MemoryBackend): Promise<void> {
  const info = await from.inspect(set);
  if (info === undefined) return;
  const { type, family, defaultTimeoutSeconds, netmask, range, maxEntries, comments, evicts } =
    info;
  to.makeSet({
    set,
    type,
    family,
    ...(defaultTimeoutSeconds === undefined ? {} : { defaultTimeoutSeconds }),
    ...(netmask === undefined ? {} : { netmask }),
    ...(range === undefined ? {} : { range: `${range.first}-${range.last}` }),
    ...(maxEntries === undefined ? {} : { maxEntries }),
    ...(comments === undefined ? {} : { comments }),
    ...(evicts === undefined ? {} : { evicts }),
  });
  to.setReferences(set, info.references);
  const copied: MemberColumns[] = [];
  await from.members(set, (members) => copied.push(members));
  for (const members of copied) await copyMembers(set, info, members, to);
}

async function copyMembers(
  set: SetName,
  { defaultTimeoutSeconds }: SetInfo,
  members: MemberColumns,
  to: MemoryBackend,
): Promise<void> {
  const { length, timeoutSeconds } = members;
  await to.applyColumns({
    ...members,
    length,
    set,
    ops: new Uint8Array(length).fill(ADD),
    timeoutSeconds:
      defaultTimeoutSeconds === undefined
        ? new Uint32Array(length).fill(NO_TIMEOUT)
        : timeoutSeconds,
  });
  for (let index = 0; index < length; index++) {
    if (members.exceptions[index] === 1) to.addException(set, addressAt(members, index).text);
  }
}

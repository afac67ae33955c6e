import { addressWidth } from '../address/address.js';
import type { Backend, Change, ChangeReport } from '../backend/backend.js';
import {
  createMemoryBackend,
  type MemoryBackend,
  type MemorySetSpec,
} from '../backend/memory/memory-backend.js';
import type { SetName } from '../words/names.js';
import type { Report, ReconcileSummary, SetState } from './report.js';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.js';
import { createVallum } from '../node/vallum.js';
import type { Vallum, VallumOptions } from '../node/vallum-types.js';
import { listMembers } from '../backend/list-members.js';

export const S = 'blacklist' as SetName;
export const S6 = 'blacklist6' as SetName;
export const timed: MemorySetSpec = {
  set: S,
  type: 'hash:net',
  family: 'ipv4',
  defaultTimeoutSeconds: 0,
};
export const untimed: MemorySetSpec = { set: S, type: 'hash:net', family: 'ipv4' };
export const timed6: MemorySetSpec = { ...timed, set: S6, family: 'ipv6' };
export const CHECK_MS = 10_000;

/** A backend whose verdicts a test may hold, count or replace. */
interface Watched {
  readonly backend: Backend;
  readonly applied: Change[];
  /** Resolves when the gate is opened; undefined: open. */
  gate: Promise<void> | undefined;
  verdict: ((change: Change) => ChangeReport | undefined) | undefined;
  inspectError: Error | undefined;
}

function watch(memory: MemoryBackend): Watched {
  const watched: Watched = {
    applied: [],
    gate: undefined,
    verdict: undefined,
    inspectError: undefined,
    backend: {
      ...memory,
      inspect: (set) =>
        watched.inspectError ? Promise.reject(watched.inspectError) : memory.inspect(set),
      async apply(changes) {
        await watched.gate;
        watched.applied.push(...changes);
        const reports: ChangeReport[] = [];
        for (const change of changes) {
          const [report] = await memory.apply([change]);
          const verdict = watched.verdict?.(change) ?? report;
          if (verdict !== undefined) reports.push(verdict);
        }
        return reports;
      },
    },
  };
  // All that is asked for goes by `apply`.
  delete watched.backend.applyColumns;
  return watched;
}

export interface Bench {
  readonly clock: FakeClock;
  readonly memory: MemoryBackend;
  readonly watched: Watched;
  readonly node: Vallum;
  readonly reports: Report[];
  readonly sets: SetState[];
  readonly reconciled: ReconcileSummary[];
  readonly warnings: string[];
  held(set?: SetName): Promise<string[]>;
  timeout(address: string, set?: SetName): Promise<number | undefined>;
  pass(milliseconds: number): Promise<void>;
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export async function start(
  sets: readonly MemorySetSpec[] | { clock: FakeClock; memory: MemoryBackend },
  options: Partial<VallumOptions> = {},
): Promise<Bench> {
  const clock = 'clock' in sets ? sets.clock : createFakeClock();
  const memory = 'memory' in sets ? sets.memory : createMemoryBackend({ sets, clock });
  const watched = watch(memory);
  const reports: Report[] = [];
  const states: SetState[] = [];
  const reconciled: ReconcileSummary[] = [];
  const warnings: string[] = [];
  const node = await createVallum({
    topics: ['blacklist'],
    backend: watched.backend,
    checkIntervalMs: CHECK_MS,
    deps: { clock },
    listeners: {
      report: (report) => reports.push(report),
      set: (state) => states.push(state),
      reconciled: (summary) => reconciled.push(summary),
      checked: () => undefined,
      warning: (sentence) => warnings.push(sentence),
    },
    ...options,
    policy: { protectHost: false, ...options.policy },
  });
  const members = async (set: SetName) => listMembers(memory, set);
  return {
    clock,
    memory,
    watched,
    node,
    reports,
    sets: states,
    reconciled,
    warnings,
    held: async (set = S) => (await members(set)).map(({ address }) => address.text).sort(),
    timeout: async (address, set = S) =>
      (await members(set)).find((member) => member.address.text === address)?.timeoutSeconds,
    pass: async (milliseconds) => {
      // In steps of a second, so that what is awaited in between happens in its time.
      const step = Math.max(1000, Math.ceil(milliseconds / 50));
      for (let left = milliseconds; left > 0; left -= step) {
        clock.advance(Math.min(step, left));
        await settle();
      }
    },
  };
}

export async function outcome(asked: Promise<Report[]>) {
  const [report] = await asked;
  return report;
}
export async function addForeign(
  memory: MemoryBackend,
  first: string,
  set = S,
  prefixLength: number = addressWidth('ipv4'),
): Promise<void> {
  const bytes = Uint8Array.from(first.split('.').map(Number));
  const text = prefixLength < addressWidth('ipv4') ? `${first}/${String(prefixLength)}` : first;
  const address = { text, family: 'ipv4', bytes, prefixLength };
  await memory.apply([{ op: 'add', set, address } as unknown as Change]);
}

import type { Address } from '../../address/address.js';
import { VallumError } from '../../words/errors.js';
import type { SetName } from '../../words/names.js';
import { systemClock, type Clock } from '../../system/clock.js';
import { applyRanges } from '../apply-ranges.js';
import type { Backend, Change, ChangeReport, SetInfo, SetMember, SetSpec } from '../backend.js';
import { checkSetSpec } from '../check-set-spec.js';
import { timeoutProblem } from '../check-timeout.js';
import { failedChange } from '../explain-fault.js';
import { MemorySet, type MemorySetSpec } from './memory-set.js';

export interface MemoryBackendOptions {
  /** Sets that exist from the start. */
  readonly sets?: readonly MemorySetSpec[];
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/** Kernel sets that live in this process, and what an administrator does to them from outside. */
export interface MemoryBackend extends Backend {
  test(set: SetName, address: Address): Promise<boolean>;
  /** Makes a set of any kind, in place of one of the same name. */
  makeSet(spec: MemorySetSpec): void;
  /** Forgets a set at once, as `ipset destroy` does. @returns false where there was none */
  destroySet(set: SetName): boolean;
  /** Empties a set, as `ipset flush` does. */
  flush(set: SetName): void;
  /** Pretends that this many rules refer to the set. */
  setReferences(set: SetName, references: number): void;
}

/**
 * Keeps sets in memory with the kernel's rules: families, timeouts that pass by the clock, full
 * sets, ranges, netmasks. For tests, for trying Vallum out, and for machines without kernel sets.
 */
export function createMemoryBackend(options: MemoryBackendOptions = {}): MemoryBackend {
  const clock = options.clock ?? systemClock;
  const sets = new Map<SetName, MemorySet>();
  let made = 0;

  const make = (spec: MemorySetSpec): void => {
    made += 1;
    sets.set(spec.set, new MemorySet(spec, `memory-${made}`));
  };
  const existing = (set: SetName, operation: string): MemorySet => {
    const found = sets.get(set);
    if (found !== undefined) return found;
    throw new VallumError(`set ${set} does not exist`, { code: 'BACKEND_FAILED', operation });
  };
  const applyOne = (change: Change): ChangeReport => {
    const set = sets.get(change.set);
    if (set === undefined) return failedChange(change, 'set-missing');
    const problem = timeoutProblem(change);
    if (problem !== undefined) return failedChange(change, 'unstorable', problem);
    const verdict = set.change(change, clock.nowMs());
    return verdict === 'applied' || verdict === 'unchanged'
      ? { outcome: verdict }
      : failedChange(change, verdict);
  };

  const applyPlain = (changes: readonly Change[]): Promise<ChangeReport[]> =>
    Promise.resolve(changes.map(applyOne));
  const typeOf = (set: SetName): Promise<string | undefined> =>
    Promise.resolve(sets.get(set)?.info(clock.nowMs()).type);

  for (const spec of options.sets ?? []) make(spec);

  return {
    name: 'memory',
    inspect: (set): Promise<SetInfo | undefined> =>
      Promise.resolve(sets.get(set)?.info(clock.nowMs())),
    members: (set): Promise<SetMember[]> =>
      attempt(() => existing(set, 'list members').members(clock.nowMs())),
    test: (set, address) =>
      attempt(() => existing(set, 'test an address').test(address, clock.nowMs())),
    apply: (changes) => applyRanges(changes, typeOf, applyPlain),
    create: (spec: SetSpec) =>
      attempt((): 'created' | 'exists' => {
        checkSetSpec(spec);
        if (sets.has(spec.set)) return 'exists';
        make(spec);
        return 'created';
      }),
    close: () => Promise.resolve(),
    makeSet: make,
    destroySet: (set) => sets.delete(set),
    flush: (set) => {
      existing(set, 'flush').flush();
    },
    setReferences: (set, references) => {
      existing(set, 'set references').references = references;
    },
  };
}

/** Turns what is thrown into a rejected promise, as an asynchronous backend would. */
function attempt<Value>(work: () => Value): Promise<Value> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

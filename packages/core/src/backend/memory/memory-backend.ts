import { addressColumns, wordsPerAddress } from '../../address/address-columns.js';
import type { Address, Family } from '../../address/address.js';
import { parseAddress } from '../../address/parse.js';
import { VallumError } from '../../words/errors.js';
import type { SetName } from '../../words/names.js';
import { systemClock, type Clock } from '../../system/clock.js';
import { TimeSlice } from '../../system/time-slice.js';
import { applyAsColumns } from '../apply-as-columns.js';
import { applyBySet } from '../apply-by-set.js';
import { applyRanges } from '../apply-ranges.js';
import {
  ADD,
  NO_TIMEOUT,
  PRESENT,
  SET_TYPES,
  UNCHANGED,
  type Backend,
  type ChangeColumns,
  type ChangeVerdicts,
  type MemberColumns,
  type SetInfo,
  type SetSpec,
} from '../backend.js';
import { checkSetName } from '../check-set-name.js';
import { checkSetSpec } from '../check-set-spec.js';
import { columnTimeoutProblem } from '../check-timeout.js';
import { ColumnVerdicts } from '../column-verdicts.js';
import { Lanes } from '../lanes.js';
import { MemorySet } from './memory-set.js';

/** A set as the kernel would make it; beyond `SetSpec` for sets that Vallum did not make itself. */
export interface MemorySetSpec extends Omit<SetSpec, 'type' | 'set'> {
  readonly set: string;
  /** One of `SET_TYPES`, or a type that Vallum does not edit, such as `hash:ip,port`. */
  readonly type: string;
  /** Prefix length that stored addresses are cut to. */
  readonly netmask?: number;
  /** A full set makes room by evicting what it likes (`forceadd` of ipset). Default false. */
  readonly evicts?: boolean;
}

/** What a backend in memory begins with. */
export interface MemoryBackendOptions {
  /** Sets that exist from the start. */
  readonly sets?: readonly MemorySetSpec[];
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/**
 * Kernel sets that live in this process, and what an administrator does to them from outside. Names
 * and addresses that are given as plain strings are checked: VallumError `INVALID_ARGUMENT`.
 */
export interface MemoryBackend extends Backend {
  inspect(set: string): Promise<SetInfo | undefined>;
  members(set: string, visit: (members: MemberColumns) => void): Promise<void>;
  test(set: string, address: Address | string): Promise<boolean>;
  excepts(set: string, address: Address | string): Promise<boolean>;
  applyColumns(changes: ChangeColumns): Promise<ChangeVerdicts>;
  watch(changed: (set: SetName) => void): () => void;
  /** Makes a set of any kind, in place of one of the same name. */
  makeSet(spec: MemorySetSpec): void;
  /** Forgets a set at once, as `ipset destroy` does. @returns false where there was none */
  destroySet(set: string): boolean;
  /** Empties a set, as `ipset flush` does. */
  flush(set: string): void;
  /** Adds an address for ever, as somebody else would: watchers are told. */
  addMember(set: string, address: string): void;
  /** Puts an exception into a set, as `ipset add NAME ADDRESS nomatch` does. */
  addException(set: string, address: string): void;
  /** Pretends that this many rules refer to the set. */
  setReferences(set: string, references: number): void;
}

/** The clock is looked at once in 256 changes. */
const LOOK_AT_CLOCK = 0xff;

/**
 * Keeps sets in memory with the kernel's rules: families, timeouts that pass by the clock, full
 * sets, ranges, netmasks, exceptions. For tests, for trying Vallum out, and for machines without
 * kernel sets.
 *
 * @throws VallumError `INVALID_ARGUMENT` for sets that cannot be
 */
export function createMemoryBackend(options: MemoryBackendOptions = {}): MemoryBackend {
  const clock = options.clock ?? systemClock;
  const sets = new Map<SetName, MemorySet>();
  const lanes = new Lanes();
  const watchers = new Set<(set: SetName) => void>();
  let made = 0;

  const make = (spec: MemorySetSpec): SetName => {
    const set = checkSetName(spec.set, 'make set');
    checkMemorySet(spec);
    made += 1;
    sets.set(set, new MemorySet({ ...spec, set }, `memory-${made}`));
    return set;
  };
  const existing = (text: string, operation: string): MemorySet => {
    const found = sets.get(checkSetName(text, operation));
    if (found !== undefined) return found;
    throw new VallumError(`set ${text} does not exist`, { code: 'BACKEND_FAILED', operation });
  };
  const tell = (text: string): void => {
    for (const changed of watchers) changed(checkSetName(text, 'watch'));
  };

  const applyInLane = async (columns: ChangeColumns): Promise<ChangeVerdicts> => {
    const verdicts = new ColumnVerdicts(columns);
    const perAddress = wordsPerAddress(columns.family);
    const { family, words, comments } = columns;
    const slice = new TimeSlice();
    for (let index = 0; index < columns.length; index++) {
      if ((index & LOOK_AT_CLOCK) === LOOK_AT_CLOCK && slice.isOver) await slice.breathe();
      const set = sets.get(columns.set);
      if (set === undefined) {
        verdicts.fail(index, 'set-missing');
        continue;
      }
      const problem = columnTimeoutProblem(columns, index);
      if (problem !== undefined) {
        verdicts.fail(index, 'unstorable', problem);
        continue;
      }
      const change = {
        op: columns.ops[index] ?? 0,
        family,
        words,
        offset: perAddress * index,
        prefixLength: columns.prefixLengths[index] ?? 0,
        timeoutSeconds: columns.timeoutSeconds[index] ?? NO_TIMEOUT,
        comment: comments?.[index],
      };
      const verdict = set.change(change, clock.nowMs());
      if (verdict === 'unchanged') verdicts.outcomes[index] = UNCHANGED;
      else if (verdict === 'present') verdicts.outcomes[index] = PRESENT;
      else if (verdict !== 'applied') verdicts.fail(index, verdict);
    }
    return verdicts;
  };
  const typeOf = (set: SetName): Promise<string | undefined> =>
    Promise.resolve(sets.get(set)?.info().type);

  for (const spec of options.sets ?? []) make(spec);

  return {
    name: 'memory',

    async inspect(set) {
      const name = checkSetName(set, 'inspect');
      await sets.get(name)?.forgetEnded(clock.nowMs());
      return sets.get(name)?.info();
    },

    async members(set, visit) {
      const batches = await existing(set, 'list members').members(clock.nowMs());
      await batches.visit(visit);
    },

    test: (set, address) =>
      attempt(() => {
        const operation = 'test an address';
        const { family, words, prefixLength } = readAddress(address, operation);
        return existing(set, operation).test(family, words, prefixLength, clock.nowMs());
      }),

    excepts: (set, address) =>
      attempt(() => {
        const operation = 'look for an exception';
        const { family, words, prefixLength } = readAddress(address, operation);
        return existing(set, operation).excepts(family, words, prefixLength, clock.nowMs());
      }),

    apply: (changes) =>
      applyBySet(changes, (set, own) =>
        lanes.run(set, () =>
          applyRanges(own, typeOf, (plain) => applyAsColumns(plain, applyInLane)),
        ),
      ),

    applyColumns: (columns) => lanes.run(columns.set, () => applyInLane(columns)),

    create: (spec: SetSpec) =>
      attempt((): 'created' | 'exists' => {
        checkSetSpec(spec);
        if (sets.has(spec.set)) return 'exists';
        make(spec);
        return 'created';
      }),

    watch(changed) {
      const watcher = (set: SetName): void => {
        changed(set);
      };
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },

    close: () =>
      lanes.close(() => {
        watchers.clear();
        return Promise.resolve();
      }),

    makeSet(spec) {
      tell(make(spec));
    },

    destroySet(set) {
      const was = sets.delete(checkSetName(set, 'destroy set'));
      if (was) tell(set);
      return was;
    },

    flush(set) {
      existing(set, 'flush').flush();
      tell(set);
    },

    addMember(set, text) {
      const operation = 'add member';
      const { family, words, prefixLength } = readAddress(text, operation);
      const change = { op: ADD, family, words, offset: 0, prefixLength, comment: undefined };
      const found = existing(set, operation);
      const verdict = found.change({ ...change, timeoutSeconds: NO_TIMEOUT }, clock.nowMs());
      if (verdict !== 'applied') {
        const message = `${text} cannot be added to set ${set}: ${verdict}`;
        throw new VallumError(message, { code: 'BACKEND_FAILED', operation });
      }
      tell(set);
    },

    addException(set, text) {
      const operation = 'add exception';
      const { words, prefixLength } = readAddress(text, operation);
      existing(set, operation).except(words, prefixLength);
      tell(set);
    },

    setReferences(set, references) {
      existing(set, 'set references').references = references;
    },
  };
}

/** Of types that Vallum does not edit only what every set has. @throws VallumError `INVALID_ARGUMENT` */
function checkMemorySet({ set, type, family, netmask, ...options }: MemorySetSpec): void {
  const operation = 'make set';
  const known = SET_TYPES.find((each) => each === type);
  if (known !== undefined) {
    checkSetSpec({ ...options, set: checkSetName(set, operation), type: known, family });
  }
  const widths: Readonly<Record<string, number>> = { ipv4: 32, ipv6: 128 };
  const width = widths[family];
  const isMask = netmask === undefined || (Number.isInteger(netmask) && netmask > 0);
  if (width !== undefined && isMask && (netmask ?? 0) <= width) return;
  const problem =
    width === undefined
      ? `a family is ipv4 or ipv6, not ${JSON.stringify(family)}`
      : `${String(netmask)} is no netmask`;
  throw new VallumError(`${operation} ${set}: ${problem}`, { code: 'INVALID_ARGUMENT', operation });
}

/** @throws VallumError `INVALID_ARGUMENT` */
function readAddress(
  given: Address | string,
  operation: string,
): { family: Family; words: Uint32Array; prefixLength: number } {
  const address = typeof given === 'string' ? parse(given, operation) : given;
  const { family, prefixLength } = address;
  const { words } = addressColumns(family, [address]);
  return { family, words, prefixLength };
}

function parse(text: string, operation: string): Address {
  const address = parseAddress(text);
  if (address.ok) return address.value;
  const message = `${operation}: ${JSON.stringify(text)} is no address: ${address.detail}`;
  throw new VallumError(message, { code: 'INVALID_ARGUMENT', operation });
}

/** Turns what is thrown into a rejected promise, as an asynchronous backend would. */
function attempt<Value>(work: () => Value): Promise<Value> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

import type { Address } from '../address/address.js';
import { parseAddress } from '../address/parse.js';
import type {
  Backend,
  Change,
  ChangeReport,
  SetMember,
  SetSpec,
  SetType,
} from '../backend/backend.js';
import { parseSetName, type SetName } from '../words/names.js';

/** One demand on a backend: hand title and run to any test runner. */
export interface ContractCase {
  readonly title: string;
  /** Rejects with an `AssertionError` where the backend fails the demand. */
  readonly run: () => Promise<void>;
}

/** What somebody else does to the same sets, beside the backend. */
export interface Outside {
  /** Puts an exception into a set of type hash:net, as `ipset add NAME ADDRESS nomatch` does. */
  addException(set: SetName, address: string): void | Promise<void>;
  /** Makes a hash:ip of IPv4 that evicts when it is full, as `ipset create NAME … forceadd` does. */
  createEvicting(set: SetName): void | Promise<void>;
  /** Adds an address to a set; for backends with `watch`. */
  addMember(set: SetName, address: string): void | Promise<void>;
}

/** A backend to be judged, fresh for each case. */
export interface ContractSubject {
  readonly backend: Backend;
  /** As `ContractOptions.outside` says. */
  readonly outside?: Partial<Outside>;
  /** Removes the sets that a case made (their names begin with `contract-`) and what was opened. */
  dispose(): Promise<void>;
}

/** What a backend has to do of the contract. Default: all of it. */
export interface ContractOptions {
  /** Set types that the backend can create. Default: all of `SET_TYPES`. */
  readonly types?: readonly SetType[];
  /** What the backend does not do. Default: nothing. */
  readonly lacks?: readonly ContractFeature[];
  /** What `open` can do beside the backend: cases that need something else are left out. */
  readonly outside?: readonly (keyof Outside)[];
}

/** What a backend may leave out, and then has to say so. */
export type ContractFeature = 'ranges' | 'comments' | 'test';

/** What a case works with: a fresh backend, and shorthands that keep its demand readable. */
export interface Bench {
  readonly backend: Backend;
  readonly outside: Partial<Outside>;
  /** Creates a set under a name of its own. */
  readonly create: (spec: Partial<Omit<SetSpec, 'set'>>) => Promise<SetName>;
  /** A name that no set has. */
  readonly unusedName: () => SetName;
}

export interface CaseDefinition {
  readonly title: string;
  /** Set types the case creates. */
  readonly needs: readonly SetType[];
  readonly feature?: ContractFeature;
  /** What somebody else has to do in it. */
  readonly outside?: keyof Outside;
  run(bench: Bench): Promise<void>;
}

let namesMade = 0;

function nextName(): SetName {
  namesMade += 1;
  const name = parseSetName(`contract-${namesMade}`);
  if (!name.ok) throw new Error(name.detail);
  return name.value;
}

export function createBench({ backend, outside = {} }: ContractSubject): Bench {
  return {
    backend,
    outside,
    unusedName: nextName,
    async create(spec) {
      const set = nextName();
      await backend.create({ type: 'hash:ip', family: 'ipv4', ...spec, set });
      return set;
    },
  };
}

/** @throws where the text is no address: a fault of the test itself */
export function testAddress(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.detail}`);
  return parsed.value;
}

export function add(set: SetName, text: string, timeoutSeconds?: number): Change {
  const change = { op: 'add', set, address: testAddress(text) } as const;
  return timeoutSeconds === undefined ? change : { ...change, timeoutSeconds };
}

export function del(set: SetName, text: string): Change {
  return { op: 'del', set, address: testAddress(text) };
}

/** `applied`, `unchanged`, or the fault: enough to compare verdicts at a glance. */
export function verdicts(reports: readonly ChangeReport[]): string[] {
  return reports.map((report) => (report.outcome === 'failed' ? report.fault : report.outcome));
}

export function texts(members: readonly SetMember[]): string[] {
  return members.map(({ address }) => address.text).sort();
}

import type { VallumStatus } from '@vallum/core';
import { countNeeds, type Attention } from '../control/node-report.js';
import type { ContactRecord } from '../contact/contact-record.js';
import { toTenths } from '../to-tenths.js';

/** All that a status tells beside who says it. */
export interface StatusFacts {
  readonly status: VallumStatus;
  readonly contact: Pick<ContactRecord, 'received' | 'missed'>;
  readonly backend: string;
  /** Under which this machine can be reached. */
  readonly addresses: readonly string[];
  /** What needs a hand. */
  readonly attention: readonly Pick<Attention, 'level'>[];
  /** Of the ledger behind each set. */
  readonly digests: ReadonlyMap<string, string>;
}

/** What nodes say on `vallumd/<node>`, beside who says it and when: see docs/protocol.md. */
export function describeNode(facts: StatusFacts) {
  const { status, contact, backend, addresses, attention } = facts;
  const { received, missed } = contact;
  return {
    ...{ backend, addresses },
    needs: countNeeds(attention),
    ...(status.lagMs === undefined ? {} : { lag: toTenths(status.lagMs) }),
    sets: describeSets(facts),
    ...(status.ledgers.length === 0 ? {} : { ledgers: describeLedgers(status) }),
    ...(status.protection === undefined ? {} : { protection: describeProtection(status) }),
    ...(Object.keys(received).length === 0 ? {} : { received }),
    ...(missed.length === 0 ? {} : { missed }),
  };
}

type Described = ReturnType<typeof describeNode>;

/**
 * What it says but for numbers that go up and down as bans come and go. Two that are equal here are of one
 * kind, and the second of them can wait.
 */
export function kindOf({ addresses, needs, sets, ledgers = [], missed = [] }: Described): string {
  return JSON.stringify([
    addresses,
    needs,
    sets.map(({ set, state, type, references, waiting, observed, policy }) => [
      ...[set, state, type, policy],
      // Whether any rule refers to it, whether it is full, and whether it is only watched.
      ...[references === 0, waiting !== undefined, observed !== undefined],
    ]),
    // That one differs for a moment is no news: each ban is a little sooner here than there.
    ledgers.map(({ topic, set, heard, agreed }) => [topic, set, heard, agreed !== undefined]),
    missed.map(({ why, from, agreed }) => [why, from, agreed !== undefined]),
  ]);
}

/** Two that are equal here say the same, but for what goes on by itself. */
export function countsOf(described: Described): string {
  const { lag, ledgers = [], ...rest } = described;
  return JSON.stringify({
    ...rest,
    lag: lag === undefined ? undefined : lagClass(lag),
    ledgers: ledgers.map((ledger) => ({ ...ledger, agreed: undefined })),
  });
}

/** It never is the same twice: below 0.1 s, below a second, below ten, beyond. */
function lagClass(lagMs: number): number {
  return [100, 1_000, 10_000].filter((bound) => lagMs >= bound).length;
}

function describeSets({ status, digests }: StatusFacts) {
  return status.sets.map((set) => {
    const digest = digests.get(set.set);
    return {
      set: set.set,
      state: set.state,
      bans: set.bans,
      pending: set.pending,
      ...(set.waiting > 0 ? { waiting: set.waiting } : {}),
      refused: set.refused,
      ...(set.observed === undefined ? {} : { observed: set.observed }),
      ...(set.policy === undefined ? {} : { policy: set.policy }),
      ...(set.refusals.length > 0 ? { refusals: set.refusals } : {}),
      drift: set.drift,
      ...(digest === undefined ? {} : { digest }),
      ...(set.state === 'ready' ? { type: set.info.type, references: set.info.references } : {}),
    };
  });
}

function describeLedgers({ ledgers }: VallumStatus) {
  return ledgers.map(({ topic, set, digest, heard, differing, taken, given, agreedAtUnix }) => ({
    // Not `pulling`: it is over by the time that anybody reads it.
    ...{ topic, set, digest, heard, differing, taken, given },
    ...(agreedAtUnix === undefined ? {} : { agreed: Math.floor(agreedAtUnix) }),
  }));
}

function describeProtection({ protection }: VallumStatus) {
  const { entries = 0, refused = 0 } = protection ?? {};
  return { entries, ...(refused > 0 ? { refused } : {}) };
}

import type { Vallum } from '@vallum/core';
import type { KeptStatus } from './gather-statuses.js';

/** What another node says of itself. Whatever it says is checked, and nothing else is passed on. */
export interface FleetRow {
  readonly node: string;
  /**
   * `up`: it has answered. Of others the broker keeps a status: `offline`, it vanished; `stopped`, on
   * purpose; `silent`, it is connected and has not answered.
   */
  readonly state: 'up' | 'offline' | 'stopped' | 'silent';
  readonly version?: string;
  readonly backend?: string;
  /** Unix seconds. */
  readonly startedAt?: number;
  readonly sets: readonly FleetSet[];
}

export interface FleetSet {
  readonly set: string;
  readonly state: string;
  readonly bans: number;
  readonly pending: number;
  readonly refused: number;
  /** Of the ledger behind it: equal to ours exactly when the leases are. */
  readonly digest?: string;
  /** Whether that is so. */
  readonly agrees?: boolean;
}

const MOST_SETS = 64;

/**
 * Asks all nodes how they are, compares their digests with this node's, and adds those that do not answer
 * as far as the broker knows of them.
 *
 * @param digest this node's, of a set by name; undefined where it has no such set
 */
export async function gatherFleet(
  vallum: Pick<Vallum, 'fleet'>,
  sets: readonly string[],
  digest: (set: string) => string | undefined,
  statuses: () => Promise<ReadonlyMap<string, KeptStatus>>,
): Promise<FleetRow[]> {
  const rows = new Map<string, FleetRow>();
  // It may be refused, where asking works.
  const kept = statuses().catch(() => new Map<string, KeptStatus>());
  for (const set of sets) {
    for (const [node, said] of await vallum.fleet({ set })) {
      if (!rows.has(node)) rows.set(node, readRow(node, said, digest));
    }
  }
  for (const [node, { state, version }] of await kept) {
    if (rows.has(node)) continue;
    rows.set(node, {
      ...{ node, state: state === 'online' ? 'silent' : state, sets: [] },
      ...(version === undefined ? {} : { version }),
    });
  }
  return [...rows.values()].sort((one, other) => (one.node < other.node ? -1 : 1));
}

function readRow(
  node: string,
  said: Readonly<Record<string, unknown>>,
  digest: (set: string) => string | undefined,
): FleetRow {
  const { version, backend, startedAt } = said;
  const sets = Array.isArray(said['sets']) ? (said['sets'] as unknown[]).slice(0, MOST_SETS) : [];
  return {
    ...{ node, state: 'up' },
    ...(isText(version) ? { version } : {}),
    ...(isText(backend) ? { backend } : {}),
    ...(isCount(startedAt) ? { startedAt } : {}),
    sets: sets.flatMap((set) => readSet(set, digest)),
  };
}

function readSet(said: unknown, digest: (set: string) => string | undefined): FleetSet[] {
  if (typeof said !== 'object' || said === null) return [];
  const { set, state, bans, pending, refused, digest: theirs } = said as Record<string, unknown>;
  if (!isText(set) || !isText(state)) return [];
  const ours = digest(set);
  return [
    {
      ...{ set, state, bans: countOf(bans), pending: countOf(pending), refused: countOf(refused) },
      ...(isText(theirs) ? { digest: theirs } : {}),
      ...(isText(theirs) && ours !== undefined ? { agrees: theirs === ours } : {}),
    },
  ];
}

function isText(said: unknown): said is string {
  return typeof said === 'string' && said.length <= 256;
}

function isCount(said: unknown): said is number {
  return typeof said === 'number' && said >= 0 && said <= Number.MAX_SAFE_INTEGER;
}

function countOf(said: unknown): number {
  return isCount(said) ? said : 0;
}

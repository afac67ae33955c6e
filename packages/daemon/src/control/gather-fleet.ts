import { VallumError, type Vallum } from '@vallum/core';
import { toTenths } from '../to-tenths.js';
import { readRow, type FleetRow, type OwnLedger } from './fleet-row.js';
import type { KeptStatus } from './gather-statuses.js';
import type { HeardNodes } from './heard-nodes.js';

/** Within this time every node that is there has answered, also one that lags behind a little. */
const ANSWERED_WITHIN_MS = 1_000;
/** Another connection is made for them, which would be part of what the answers seem to take. */
const STATUSES_AFTER_MS = 150;
/** Bans go on coming while others answer: each digest of these moments is ours. */
const SAMPLED_EVERY_MS = 10;

export interface FleetReport {
  /** By name. */
  readonly nodes: readonly FleetRow[];
  /** Why the others could not be asked: a sentence. */
  readonly trouble?: string;
}

export interface FleetQuestion {
  /** This node's name. */
  readonly node: string;
  readonly vallum: Pick<Vallum, 'fleet' | 'digest' | 'count'>;
  readonly sets: readonly string[];
  /** What this node says of itself. */
  readonly own: () => Readonly<Record<string, unknown>>;
  /** What the broker keeps of each; rejects where it may not be read. */
  readonly statuses: () => Promise<ReadonlyMap<string, KeptStatus>>;
  readonly heard: HeardNodes;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
}

/**
 * Asks all nodes how they are, compares their ledgers with this node's, and adds those that do not answer as
 * far as the broker knows of them, or this node remembers. This node itself is shown whether there is a broker
 * or not.
 */
export async function gatherFleet(question: FleetQuestion): Promise<FleetReport> {
  const { node: ownName, vallum, sets, own, statuses, heard } = question;
  const ledgers = new OwnLedgers(vallum, sets);
  const answers = new Map<string, Readonly<Record<string, unknown>>>();
  const answeredMs = new Map<string, number>();
  let trouble: string | undefined;
  const ask = async (set: string): Promise<void> => {
    const answered = (node: string, tookMs: number): void => {
      ledgers.sample();
      answeredMs.set(node, Math.min(toTenths(tookMs), answeredMs.get(node) ?? Infinity));
    };
    try {
      const said = await vallum.fleet({ set, timeoutMs: ANSWERED_WITHIN_MS, answered });
      for (const [node, one] of said) if (!answers.has(node)) answers.set(node, one);
    } catch (error) {
      if (!(error instanceof VallumError)) throw error;
      trouble = error.message;
    }
  };
  const sampling = setInterval(() => {
    ledgers.sample();
  }, SAMPLED_EVERY_MS);
  try {
    const [kept] = await Promise.all([
      // It may be refused, where asking works.
      pause(STATUSES_AFTER_MS)
        .then(statuses)
        .catch(() => new Map<string, KeptStatus>()),
      ...sets.map(ask),
    ]);
    const now = Math.floor(question.nowMs() / 1000);
    ledgers.sample();
    const ownLedger = (set: string) => ledgers.of(set);
    const rows = new Map<string, FleetRow>();
    for (const [node, said] of [...answers, [ownName, own()] as const]) {
      const took = answeredMs.get(node);
      rows.set(node, {
        ...readRow(node, said, ownLedger),
        lastSeen: now,
        ...(took === undefined ? {} : { answeredMs: took }),
      });
    }
    for (const [node, status] of kept) {
      note(node, status, heard);
      if (!rows.has(node)) rows.set(node, keptRow(node, status, heard, now));
    }
    for (const node of heard.names) {
      if (!rows.has(node))
        rows.set(node, { node, state: 'unknown', ...seen(node, heard), sets: [] });
    }
    const nodes = [...rows.values()].sort((one, other) => (one.node < other.node ? -1 : 1));
    return { nodes, ...(trouble === undefined ? {} : { trouble }) };
  } finally {
    clearInterval(sampling);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

function note(node: string, { state }: KeptStatus, heard: HeardNodes): void {
  if (state === 'online') heard.foundUp(node);
  else heard.foundDown(node);
}

function keptRow(node: string, status: KeptStatus, heard: HeardNodes, now: number): FleetRow {
  const { state, version, ageSeconds } = status;
  const head = { node, ...(version === undefined ? {} : { version }), sets: [] };
  if (state === 'online') {
    // Its status is something that it has said.
    const said = ageSeconds === undefined ? -Infinity : now - ageSeconds;
    const last = Math.max(said, heard.lastSeen(node) ?? -Infinity);
    return { ...head, state: 'silent', ...(last === -Infinity ? {} : { lastSeen: last }) };
  }
  const noticed = heard.downSince(node);
  const since =
    ageSeconds !== undefined
      ? { since: now - ageSeconds }
      : noticed === undefined
        ? {}
        : { since: noticed, sinceAtLeast: true as const };
  return { ...head, state, ...since, ...seen(node, heard) };
}

function seen(node: string, heard: HeardNodes): Pick<FleetRow, 'lastSeen'> {
  const lastSeen = heard.lastSeen(node);
  return lastSeen === undefined ? {} : { lastSeen };
}

/** What this node's ledgers were while others answered. */
class OwnLedgers {
  readonly #digests = new Map<string, Set<string>>();

  constructor(
    private readonly vallum: Pick<Vallum, 'digest' | 'count'>,
    sets: readonly string[],
  ) {
    for (const set of sets) this.#digests.set(set, new Set());
    this.sample();
  }

  sample(): void {
    for (const [set, digests] of this.#digests) digests.add(this.vallum.digest(set));
  }

  of(set: string): OwnLedger | undefined {
    const digests = this.#digests.get(set);
    return digests && { digests, addresses: this.vallum.count(set) };
  }
}

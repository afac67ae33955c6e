import type { DropCount, SetPolicy, VallumStatus } from '@vallum/core';
import type { Finding } from '@vallum/doctor';
import { groupDigits } from '@vallum/options';
import { ledgersOfSets } from '../ledgers-of-sets.js';
import type { FeedEvent } from './event-feed.js';

/** How a node is, as `vallumd status --json` and `/api/status` tell it. Times are Unix seconds. */
export interface NodeReport {
  readonly node: string;
  readonly version: string;
  readonly backend: string;
  readonly keeper: boolean;
  readonly startedAt: number;
  readonly now: number;
  readonly broker: {
    readonly state: VallumStatus['connection'];
    /** Where it is, without user name and password. */
    readonly address?: string;
    /** Since when this is so. */
    readonly since?: number;
    /** Why it is not connected. */
    readonly detail?: string;
    /** How often it was connected to, since the start. */
    readonly connections: number;
    /**
     * Milliseconds that a message of this node to itself took through it and back, as last measured; missing: not
     * known, as with `--no-repair`.
     */
    readonly lagMs?: number;
    /** What waits on its way in and out. */
    readonly queues?: NonNullable<VallumStatus['queues']>;
  };
  readonly sets: readonly SetReport[];
  readonly ledgers: VallumStatus['ledgers'];
  /** The fleet's protect list; absent: this node does not keep it. */
  readonly protection?: NonNullable<VallumStatus['protection']>;
  /** The last message with bans or unbans. */
  readonly lastMessageAt?: number;
  /** The last ban or unban that came from another node by repair. */
  readonly lastRepairAt?: number;
  /** The latest bans, the youngest last. */
  readonly latest: readonly FeedEvent[];
  /** What should be looked at, the gravest first. */
  readonly attention: readonly Attention[];
}

export interface SetReport {
  readonly set: string;
  readonly state: VallumStatus['sets'][number]['state'];
  /** Why it cannot be used. */
  readonly detail?: string;
  readonly bans: number;
  readonly pending: number;
  readonly waiting: number;
  readonly refused: number;
  readonly refusals: VallumStatus['sets'][number]['refusals'];
  /** What is made of its bans; undefined: what they ask for. */
  readonly policy?: SetPolicy;
  /** Bans that would be in the set, were it not only observed. */
  readonly observed?: number;
  readonly drift: { readonly added: number; readonly deleted: number };
  /** Why it could not be compared with what it should hold, when last tried; undefined: it could. */
  readonly uncompared?: string;
  readonly type?: string;
  readonly family?: string;
  /** What the kernel set holds, with what others have put there. */
  readonly entries?: number;
  readonly maxEntries?: number;
  readonly references?: number;
  /** What the rules that drop by it have counted, where that can be known. */
  readonly dropped?: DropCount;
}

export interface Attention {
  readonly level: 'critical' | 'warning' | 'unknown';
  readonly message: string;
  readonly remedy?: string;
  /** `broker`: what is banned stays blocked all the same. */
  readonly about?: 'broker';
}

export function setReports({ sets }: VallumStatus): SetReport[] {
  return sets.map((set) => {
    const {
      bans,
      pending,
      waiting,
      refused,
      refusals,
      drift,
      state,
      policy,
      observed,
      uncompared,
    } = set;
    const head = {
      ...{ set: set.set, state, bans, pending, waiting, refused, refusals, drift },
      ...(policy === undefined ? {} : { policy }),
      ...(observed === undefined ? {} : { observed }),
      ...(uncompared === undefined ? {} : { uncompared }),
    };
    if (set.state !== 'ready')
      return set.state === 'unknown' ? head : { ...head, detail: set.detail };
    const { type, family, entries, maxEntries, references, dropped } = set.info;
    return {
      ...{ ...head, type, family, entries, references },
      ...(dropped === undefined ? {} : { dropped }),
      ...(maxEntries === undefined ? {} : { maxEntries }),
    };
  });
}

/** What a node's own words, and what it last found when it checked itself, leave for a person to do. */
export function attentionOf(
  { connection, sets, ledgers, protection }: VallumStatus,
  detail: string | undefined,
  findings: readonly Finding[],
): Attention[] {
  const found: Attention[] = [];
  if (connection !== 'connected' && connection !== 'none') {
    const why = detail === undefined ? '' : `: ${detail}`;
    const message = `not connected to the broker${why}`;
    found.push({ level: 'critical', message, about: 'broker' });
  }
  found.push(...ofSets(sets, findings));
  if (protection?.allowed === false) {
    const { topic } = protection;
    found.push({
      level: 'warning',
      message: `the broker does not let this node take part in the fleet's protect list, ${topic}`,
      remedy: `let the broker allow it (mosquitto: topic readwrite ${topic}/#), or give --no-protect-fleet`,
    });
  }
  for (const { topic, heard } of ledgersOfSets(ledgers)) {
    if (heard !== false) continue;
    const message = `what this node says to the others on ${topic}/sync does not come back: no repair`;
    const remedy = `let the broker allow it (mosquitto: topic readwrite ${topic}/sync)`;
    found.push({ level: 'warning', message, remedy });
  }
  for (const finding of findings) {
    const { level, check, subject, message, remedy } = finding;
    if (level === 'ok' || sets.some((set) => set.waiting > 0 && isRoomOf(set, finding))) continue;
    found.push({
      ...{ level, message: `${check} ${subject}: ${message}` },
      ...(remedy === undefined ? {} : { remedy }),
      ...(check === 'certificate' ? { about: 'broker' as const } : {}),
    });
  }
  const rank = { critical: 0, warning: 1, unknown: 2 };
  return found.sort((one, other) => rank[one.level] - rank[other.level]);
}

/** One thing is told once: what bans that wait say of a set is fresher, what it was found to be has the remedy. */
function ofSets(sets: VallumStatus['sets'], findings: readonly Finding[]): Attention[] {
  // Of all sets together, and with what to do.
  const isForbidden = findings.some(
    ({ check, level }) => check === 'permission' && level === 'critical',
  );
  const found: Attention[] = [];
  for (const set of sets) {
    const isTold = set.state === 'permission-denied' && isForbidden;
    if (set.state !== 'ready' && set.state !== 'unknown' && !isTold) {
      found.push({ level: 'critical', message: set.detail });
    }
    if (set.waiting > 0) {
      const wait = set.waiting === 1 ? '1 ban waits' : `${groupDigits(set.waiting)} bans wait`;
      const { remedy } = findings.find((finding) => isRoomOf(set, finding)) ?? {};
      const message = `set ${set.set} is full: ${wait} for room`;
      found.push({ level: 'critical', message, ...(remedy === undefined ? {} : { remedy }) });
    }
    if (set.uncompared !== undefined) {
      found.push({
        level: 'warning',
        message: `set ${set.set} could not be compared, so that what differs in it is not mended: ${set.uncompared}`,
        remedy: 'vallumd reconcile tries again now, and says what came of it',
      });
    }
  }
  return found;
}

function isRoomOf({ set }: VallumStatus['sets'][number], { check, subject }: Finding): boolean {
  return check === 'room' && subject === set;
}

/** How much of it is grave. What could not be found out is not counted. */
export function countNeeds(attention: readonly Pick<Attention, 'level'>[]): {
  critical: number;
  warning: number;
} {
  const count = (level: Attention['level']) =>
    attention.filter((one) => one.level === level).length;
  return { critical: count('critical'), warning: count('warning') };
}

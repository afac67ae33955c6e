/**
 * What must hold, by the rules of docs/protocol.md and of nothing in `lease/`: of what each origin
 * asked for an address the latest stamp counts, at equal stamps an unban before a ban, then the later
 * end; an anonymous unban ends every ban of the address that is not younger.
 *
 * An operation that the broker has confirmed holds. One that it has not, and one that it confirmed
 * shortly before it lost its memory, may hold or not: then several answers are right, and all nodes
 * have to give the same.
 *
 * Bare operations (no stamp) are stamped by each node as it reads them, so only those are made of which
 * the answer does not depend on when that was: see traffic.ts.
 */
export interface Operation {
  readonly action: 'ban' | 'unban';
  /** As the kernel tools print it. */
  readonly address: string;
  /** '' is anonymous: of an unban that makes a sweep. */
  readonly origin: string;
  /** Unix milliseconds; of a bare operation, when it was sent. */
  readonly stamp: number;
  /** Of a ban, Unix seconds or Infinity. */
  readonly until: number;
  /** How far from `until` a node may have it end: of a bare `timeout`, by when and by which clock it read it. */
  readonly looseSeconds?: number;
}

/** Seconds of Unix time between which a ban ends. */
export interface Ban {
  readonly earliest: number;
  readonly latest: number;
}

/** Undefined: not banned. */
export type Answer = Ban | undefined;

/** An operation on its way to the broker. */
export interface Claim {
  readonly operation: Operation;
  /** Unix milliseconds; undefined: not yet, or never. */
  confirmedMs: number | undefined;
}

/** What the broker had confirmed this long before it lost its memory has reached a node. */
const REACHES_A_NODE_MS = 2_000;
/** Beyond this there are too many answers to call one of them right. */
const MOST_DOUBTS = 6;

export class Model {
  readonly #claims = new Map<string, Claim[]>();
  readonly #losses: { fromMs: number; toMs: number }[] = [];

  /** Before it is sent. */
  claim(operation: Operation): Claim {
    const claim: Claim = { operation, confirmedMs: undefined };
    const claims = this.#claims.get(operation.address);
    if (claims === undefined) this.#claims.set(operation.address, [claim]);
    else claims.push(claim);
    return claim;
  }

  /** The broker has lost what it was to deliver; until `brokerBack`, what it confirms reaches nobody. */
  brokerLost(nowMs: number): void {
    this.#losses.push({ fromMs: nowMs - REACHES_A_NODE_MS, toMs: Infinity });
  }

  /** Nodes listen to it again. */
  brokerBack(nowMs: number): void {
    for (const loss of this.#losses) loss.toMs = Math.min(loss.toMs, nowMs);
  }

  addresses(): string[] {
    return [...this.#claims.keys()];
  }

  claimsOf(address: string): readonly Claim[] {
    return this.#claims.get(address) ?? [];
  }

  isSure({ confirmedMs }: Claim): boolean {
    if (confirmedMs === undefined) return false;
    return !this.#losses.some(({ fromMs, toMs }) => fromMs <= confirmedMs && confirmedMs <= toMs);
  }

  /** All answers that are right; undefined: too much is in doubt to say, but nodes must agree. */
  answers(address: string, nowUnix: number): readonly Answer[] | undefined {
    const claims = this.claimsOf(address);
    const sure = claims.filter((claim) => this.isSure(claim)).map(({ operation }) => operation);
    const doubtful = claims.filter((claim) => !this.isSure(claim));
    // What an older, certain sweep ends changes nothing, however much of it there is.
    const swept = Math.max(...sure.filter(isSweep).map(({ stamp }) => stamp), -Infinity);
    const open = doubtful.map(({ operation }) => operation).filter(({ stamp }) => stamp > swept);
    if (open.length > MOST_DOUBTS) return undefined;
    const answers = new Map<string, Answer>();
    for (let choice = 0; choice < 2 ** open.length; choice += 1) {
      const held = open.filter((_, index) => ((choice >> index) & 1) === 1);
      const answer = answerOf([...sure, ...held], nowUnix);
      answers.set(`${String(answer?.earliest)} ${String(answer?.latest)}`, answer);
    }
    return [...answers.values()];
  }
}

/** What follows from these operations, in whatever order they arrived. */
export function answerOf(operations: readonly Operation[], nowUnix: number): Answer {
  const swept = Math.max(...operations.filter(isSweep).map(({ stamp }) => stamp), -Infinity);
  const last = new Map<string, Operation>();
  for (const operation of operations) {
    if (isSweep(operation) || operation.stamp <= swept) continue;
    const known = last.get(operation.origin);
    if (known === undefined || isLater(operation, known)) last.set(operation.origin, operation);
  }
  let ban: Answer;
  for (const { action, until, looseSeconds = 0 } of last.values()) {
    if (action === 'unban' || until + looseSeconds <= nowUnix) continue;
    ban = {
      earliest: Math.max(ban?.earliest ?? 0, until - looseSeconds),
      latest: Math.max(ban?.latest ?? 0, until + looseSeconds),
    };
  }
  return ban;
}

function isSweep({ action, origin }: Operation): boolean {
  return action === 'unban' && origin === '';
}

function isLater(one: Operation, other: Operation): boolean {
  if (one.stamp !== other.stamp) return one.stamp > other.stamp;
  if (one.action !== other.action) return one.action === 'unban';
  return one.until > other.until;
}

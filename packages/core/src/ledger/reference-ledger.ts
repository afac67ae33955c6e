/** A page of a ledger on objects, for tests: slow, and obviously right. */
import type { Address } from '../address/address.js';
import { countsInDigest, digestItem } from '../lease/digest-item.js';
import { mergeRegisters } from '../lease/merge.js';
import {
  ADDED,
  ADDED_OUSTING,
  DEAD,
  DEAD_NOTED,
  EQUAL,
  NOT_HELD,
  NOT_REMEMBERED,
  OLDER,
  OLDER_NOTED,
  RENEWED,
  REPEATED,
  REPEATED_AS_THE_SET_SAYS,
  REWORDED,
  TOO_MANY_IN_ALL,
  TOO_MANY_LEASES,
  TOO_MANY_ORIGINS,
  TOO_MANY_REASONS,
} from '../lease/outcome.js';
import {
  compareRegisters,
  endOf,
  haveSameKey,
  isLiveLease,
  type Register,
} from '../lease/register.js';
import { forgetAt, REMEMBER_SECONDS, settledUntil } from '../lease/remember.js';
import { AS_THE_SET_SAYS } from '../message/entry-columns.js';
import type { LedgerLimits } from './limits.js';

interface Known {
  readonly address: Address;
  registers: readonly Register[];
}

export class ReferenceLedger {
  readonly #known = new Map<string, Known>();
  readonly #limits: Required<LedgerLimits>;

  constructor(
    limits: LedgerLimits = {},
    readonly rememberSeconds = REMEMBER_SECONDS,
  ) {
    const none = Number.MAX_SAFE_INTEGER;
    this.#limits = {
      registers: none,
      leasesPerAddress: 64,
      origins: none,
      reasons: none,
      unseenWithdrawals: none,
      ...limits,
    };
  }

  registersOf(address: Address): readonly Register[] {
    return this.#known.get(address.text)?.registers ?? [];
  }

  all(): { address: Address; register: Register }[] {
    return [...this.#known.values()].flatMap(({ address, registers }) =>
      registers.map((register) => ({ address, register })),
    );
  }

  /** @returns the outcome, where time has passed for the ledger up to this moment */
  merge(address: Address, incoming: Register, nowUnix: number): number {
    const before = this.registersOf(address);
    const after = mergeRegisters(before, [incoming], this.#limits.leasesPerAddress);
    const refusal = this.#refusal(before, after, incoming);
    if (refusal !== undefined) return refusal;
    if (after.length > 0) this.#known.set(address.text, { address, registers: after });
    return outcomeOf(before, after, incoming, nowUnix);
  }

  /** Forgets what need not be remembered. @returns the addresses with a live lease before, and none now */
  pass(beforeUnix: number, nowUnix: number): string[] {
    const ended: string[] = [];
    for (const [text, known] of this.#known) {
      const lives = (unix: number): boolean =>
        known.registers.some((register) => isLiveLease(register, unix));
      if (lives(beforeUnix) && !lives(nowUnix)) ended.push(text);
      known.registers = known.registers.filter(
        (register) =>
          isLiveLease(register, nowUnix) || forgetAt(register, this.rememberSeconds) > nowUnix,
      );
      if (known.registers.length === 0) this.#known.delete(text);
    }
    return ended;
  }

  settle(defaultTimeoutSeconds: number | undefined): void {
    for (const known of this.#known.values()) {
      known.registers = known.registers.map((register) =>
        register.kind === 'lease' && register.until === AS_THE_SET_SAYS
          ? { ...register, until: settledUntil(register.stamp, defaultTimeoutSeconds) }
          : register,
      );
    }
  }

  /** When the ban of an address ends; 0: it has no live lease. */
  end(address: Address, nowUnix: number): number {
    const live = this.registersOf(address).filter((register) => isLiveLease(register, nowUnix));
    return Math.max(0, ...live.map(({ until }) => endOf(until)));
  }

  /** The sums of all item hashes by bucket. */
  digest(nowUnix: number): Map<number, [number, number]> {
    const sums = new Map<number, [number, number]>();
    for (const { address, register } of this.all()) {
      if (!countsInDigest(register, nowUnix)) continue;
      const { bucket, lanes } = digestItem(address, register);
      const sum = sums.get(bucket) ?? [0, 0];
      sums.set(bucket, [(sum[0] + lanes[0]) >>> 0, (sum[1] + lanes[1]) >>> 0]);
    }
    return sums;
  }

  #refusal(
    before: readonly Register[],
    after: readonly Register[],
    incoming: Register,
  ): number | undefined {
    const limits = this.#limits;
    const says = after.find((register) => haveSameKey(register, incoming));
    const isStored = says !== undefined && compareRegisters(says, incoming) === 0;
    const isKnown = before.some((register) => haveSameKey(register, incoming));
    const isSwept = before.some(({ kind, stamp }) => kind === 'sweep' && incoming.stamp <= stamp);
    if (!isStored) return isKnown || isSwept ? undefined : TOO_MANY_LEASES;
    const all = this.all().map(({ register }) => register);
    const isFull = (of: (register: Register) => string, limit: number): boolean => {
      const texts = new Set(all.map(of).filter((text) => text !== ''));
      return of(incoming) !== '' && !texts.has(of(incoming)) && texts.size >= limit;
    };
    if (!isKnown) {
      const isLease = incoming.kind === 'lease';
      const unseen = all.filter(({ kind, keepUntil }) => kind !== 'lease' && keepUntil === 0);
      // What a sweep ends has made room, also among what was never seen.
      const swept = before.filter((register) => !after.some((kept) => haveSameKey(kept, register)));
      const sweptUnseen = swept.filter((register) => unseen.includes(register)).length;
      const left = unseen.length - (incoming.kind === 'sweep' ? sweptUnseen : 0);
      if (!isLease && says.keepUntil === 0 && left >= limits.unseenWithdrawals)
        return NOT_REMEMBERED;
      if (all.length >= limits.registers && after.length > before.length) {
        return isLease ? TOO_MANY_IN_ALL : NOT_REMEMBERED;
      }
      if (isFull(({ origin }) => origin, limits.origins)) return TOO_MANY_ORIGINS;
    }
    return isFull(({ reason }) => reason, limits.reasons) ? TOO_MANY_REASONS : undefined;
  }
}

function outcomeOf(
  before: readonly Register[],
  after: readonly Register[],
  incoming: Register,
  nowUnix: number,
): number {
  const was = before.find((register) => haveSameKey(register, incoming));
  const order = was === undefined ? 1 : compareRegisters(incoming, was);
  const isLease = incoming.kind === 'lease';
  const sweep = before.find(({ kind }) => kind === 'sweep');
  const sweptTo = incoming.kind === 'sweep' || sweep === undefined ? -Infinity : sweep.stamp;
  const isSwept = incoming.stamp <= sweptTo;
  if (isSwept || order <= 0) {
    const keeps = (registers: readonly Register[]): number =>
      Math.max(...registers.map(({ keepUntil }) => keepUntil));
    const holder = isSwept ? sweep : was;
    const now = after.find((register) => holder !== undefined && haveSameKey(register, holder));
    const isNoted =
      keeps(now === undefined ? [] : [now]) > keeps(holder === undefined ? [] : [holder]);
    if (isLease && (isSwept || (order < 0 && was?.kind === 'withdrawal'))) {
      return isNoted ? DEAD_NOTED : DEAD;
    }
    if (isNoted) return OLDER_NOTED;
    return order === 0 && !isSwept ? EQUAL : OLDER;
  }
  if (incoming.kind === 'sweep') {
    const gone = before.filter((register) => !after.some((kept) => haveSameKey(kept, register)));
    return gone.some((register) => isLiveLease(register, nowUnix)) ? ADDED : NOT_HELD;
  }
  if (was === undefined) {
    if (after.length === before.length) return ADDED_OUSTING;
    return isLease ? ADDED : NOT_HELD;
  }
  const wasLive = isLiveLease(was, nowUnix);
  if (!isLease) return wasLive ? ADDED : NOT_HELD;
  if (!wasLive) return ADDED;
  if (was.reason !== incoming.reason) return REWORDED;
  if (was.asked !== incoming.asked) return RENEWED;
  return incoming.asked === AS_THE_SET_SAYS ? REPEATED_AS_THE_SET_SAYS : REPEATED;
}

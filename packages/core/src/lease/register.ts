import { AS_THE_SET_SAYS, NEVER } from '../message/entry-columns.js';

/**
 * What is known under one key: of a lease and of its withdrawal the key is their origin, and the
 * address's one sweep (an anonymous unban) stands beside them.
 */
export interface Register {
  readonly kind: 'lease' | 'withdrawal' | 'sweep';
  /** '' for an anonymous lease and for the sweep. */
  readonly origin: string;
  /** When it was asked for, Unix milliseconds. */
  readonly stamp: number;
  /** The node itself stamped it: another node has another stamp for the same message. */
  readonly ownStamp: boolean;
  /** Of a lease, the end that was asked for: Unix seconds, `NEVER` or `AS_THE_SET_SAYS`. */
  readonly asked: number;
  /** `asked`, or what the set has made of `AS_THE_SET_SAYS`. Nodes may differ in it. */
  readonly until: number;
  readonly reason: string;
  /**
   * The latest end of all leases that this register has superseded or ended, Unix seconds or `NEVER`;
   * 0: none is known. Only when the last of them is over can it be forgotten: they would come back.
   */
  readonly keepUntil: number;
}

export function haveSameKey(one: Register, other: Register): boolean {
  return (one.kind === 'sweep') === (other.kind === 'sweep') && one.origin === other.origin;
}

/**
 * Which of two registers of one key is known in the end: above 0 where it is `one`, 0 where they say the
 * same. The later stamp; then a withdrawal over a lease; then the later end as it was asked for; then
 * the greater reason; then a stamp of the publisher's own.
 */
export function compareRegisters(one: Register, other: Register): number {
  return (
    one.stamp - other.stamp ||
    Number(one.kind !== 'lease') - Number(other.kind !== 'lease') ||
    compare(rankOfEnd(one.asked), rankOfEnd(other.asked)) ||
    compare(one.reason, other.reason) ||
    Number(other.ownStamp) - Number(one.ownStamp)
  );
}

/** As the set says lies between all numbers and never. */
function rankOfEnd(asked: number): number {
  return asked === AS_THE_SET_SAYS ? Number.MAX_VALUE : asked;
}

/** The order in which registers of an address are kept where there are too many: the greatest are. */
export function compareForRoom(one: Register, other: Register): number {
  return one.stamp - other.stamp || compare(one.origin, other.origin);
}

/** Infinity - Infinity is no number, and texts are compared by their code units. */
function compare<Kind extends number | string>(one: Kind, other: Kind): number {
  return one === other ? 0 : one > other ? 1 : -1;
}

/**
 * While it is not known what the set makes of a lease that names no end, it is taken to last.
 * @param until `NEVER`, `AS_THE_SET_SAYS` or Unix seconds
 */
export function endOf(until: number): number {
  return until === AS_THE_SET_SAYS ? NEVER : until;
}

/** Until when whatever supersedes or ends a register has to be remembered for its sake. */
export function outlasts(register: Register): number {
  return register.kind === 'lease'
    ? Math.max(endOf(register.until), register.keepUntil)
    : register.keepUntil;
}

export function isLiveLease(register: Register, nowUnix: number): boolean {
  return register.kind === 'lease' && endOf(register.until) > nowUnix;
}

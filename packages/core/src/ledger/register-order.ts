import { endOf } from '../lease/register.js';
import { NO_END_NAMED, OWN_STAMP } from '../message/entry-columns.js';
import { NONE } from './address-rows.js';
import type { Incoming } from './incoming.js';
import type { PageRows } from './page-rows.js';
import { NO_LEASE, PAST, SWEEP } from './register-rows.js';

/** The orders of `lease/register.ts` in columns: between what comes in and what is known. */
export class RegisterOrder {
  constructor(private readonly rows: PageRows) {}

  /** Above 0 where the entry wins over a register of its key, 0 where they say the same. */
  compare(incoming: Incoming, row: number): number {
    const { registers, shared } = this.rows;
    const flags = registers.flags(row);
    const byStamp = incoming.stamp - registers.stamp(row);
    if (byStamp !== 0) return byStamp;
    const byKind = (incoming.flags & NO_LEASE) - (flags & NO_LEASE);
    if (byKind !== 0) return byKind;
    if (incoming.isLease) {
      const asked = rankOfEnd(incoming.flags, incoming.until);
      const known = rankOfEnd(flags, registers.until(row));
      if (asked !== known) return asked > known ? 1 : -1;
      const reason = shared.reasons.text(registers.reason(row));
      if (incoming.reason !== reason) return incoming.reason > reason ? 1 : -1;
    }
    return (flags & OWN_STAMP) - (incoming.flags & OWN_STAMP);
  }

  /** True where a lease that wins over another asks for the same end, and both name one. */
  asksForSameEnd(incoming: Incoming, row: number): boolean {
    const { registers } = this.rows;
    const flags = incoming.flags | registers.flags(row);
    return (flags & NO_END_NAMED) === 0 && registers.until(row) === incoming.until;
  }

  /** The same of an entry that comes in. */
  outlastsOf(incoming: Incoming): number {
    const { remembers } = this.rows;
    if (remembers === undefined || !incoming.isLease) return incoming.outlasts;
    return Math.max(incoming.outlasts, remembers(incoming.stamp, endOf(incoming.until)));
  }

  /** Until when whatever supersedes or ends a register has to be remembered for its sake. */
  outlasts(row: number): number {
    const { registers } = this.rows;
    const keepUntil = registers.keepUntil(row);
    if ((registers.flags(row) & NO_LEASE) !== 0) return keepUntil;
    const end = endOf(registers.until(row));
    const remembered = this.rows.remembers?.(registers.stamp(row), end) ?? 0;
    return Math.max(keepUntil, end, remembered);
  }

  /** The register of an address that goes first where there are too many; never the sweep. */
  least(address: number): number {
    const { addresses, registers } = this.rows;
    let least = NONE;
    for (let row = addresses.first(address); row !== NONE; row = registers.next(row)) {
      if ((registers.flags(row) & (SWEEP | PAST)) !== 0) continue;
      if (least === NONE || this.#isLess(row, least)) least = row;
    }
    return least;
  }

  /** True where the entry stays, and the register goes, if there is room for one of them. */
  isGreater(incoming: Incoming, row: number): boolean {
    const { registers, shared } = this.rows;
    const difference = incoming.stamp - registers.stamp(row);
    if (difference !== 0) return difference > 0;
    return incoming.origin > shared.origins.text(registers.origin(row));
  }

  #isLess(row: number, other: number): boolean {
    const { registers, shared } = this.rows;
    const difference = registers.stamp(row) - registers.stamp(other);
    if (difference !== 0) return difference < 0;
    const { origins } = shared;
    return origins.text(registers.origin(row)) < origins.text(registers.origin(other));
  }
}

/** An end as it was asked for, in the order of ends: a number, as the set says, never. */
function rankOfEnd(flags: number, until: number): number {
  return (flags & NO_END_NAMED) === 0 ? until : Number.MAX_VALUE;
}

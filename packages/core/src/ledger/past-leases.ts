import { endOf } from '../lease/register.js';
import { AS_THE_SET_SAYS, NO_END_NAMED, OWN_STAMP } from '../message/entry-columns.js';
import { NONE } from './address-rows.js';
import { PAST_PER_ADDRESS, SHARE_OF_PAST } from './limits.js';
import type { PageRows } from './page-rows.js';
import { NO_LEASE, PAST, type Said } from './register-rows.js';

/** A lease that comes behind what its origin has asked for since. */
interface LateLease extends Said {
  readonly origin: string;
  readonly reason: string;
}

/**
 * Leases that their origins have renewed or withdrawn since, kept beside the registers for as long as a
 * policy asks (`PageRows.remembers`). They are no registers: they ban nothing, count in no digest, and
 * are never merged into. Which are kept does not depend on the order in which leases come: of each
 * address the youngest, by stamp and origin.
 */
export class PastLeases {
  constructor(private readonly rows: PageRows) {}

  /** Keeps what a register says, before it says something else. @param nextStamp of what that is */
  keep(address: number, register: number, nextStamp: number): void {
    const { registers, shared, remembers } = this.rows;
    if (remembers === undefined) return;
    const flags = registers.flags(register);
    const stamp = registers.stamp(register);
    if ((flags & NO_LEASE) !== 0 || stamp === nextStamp) return;
    this.#add(address, {
      ...{ flags, stamp, until: registers.until(register), keepUntil: 0 },
      origin: shared.origins.text(registers.origin(register)),
      reason: shared.reasons.text(registers.reason(register)),
    });
  }

  /** Keeps a lease that is older than the register of its key. @returns whether it was not known */
  take(address: number, lease: LateLease, register: number): boolean {
    if (lease.stamp === this.rows.registers.stamp(register)) return false;
    return this.#add(address, lease);
  }

  #add(address: number, lease: LateLease): boolean {
    const { rows } = this;
    const { remembers, shared } = rows;
    if (remembers === undefined || lease.until === AS_THE_SET_SAYS) return false;
    if (remembers(lease.stamp, endOf(lease.until)) <= rows.nowUnix) return false;
    if (!this.#makeRoom(address, lease)) return false;
    const { until, stamp } = lease;
    const said = { flags: (lease.flags & KEPT) | PAST, until, stamp, keepUntil: 0 };
    const origin = shared.origins.acquire(lease.origin);
    rows.place(rows.link(address, origin, said, shared.reasons.acquire(lease.reason)));
    return true;
  }

  /**
   * @returns false where it is known, older than all that are kept, or there is no room for anything
   */
  #makeRoom(address: number, lease: LateLease): boolean {
    const { addresses, registers, shared } = this.rows;
    const { limits, origins, reasons } = shared;
    let count = 0;
    let least = NONE;
    for (let row = addresses.first(address); row !== NONE; row = registers.next(row)) {
      if ((registers.flags(row) & PAST) === 0) continue;
      const order = this.#compare(lease, row);
      if (order === 0) return false;
      count += 1;
      if (least === NONE || this.#isOlder(row, least)) least = row;
    }
    if (count >= PAST_PER_ADDRESS) {
      if (this.#compare(lease, least) < 0) return false;
      this.rows.unplace(least);
      this.rows.unlink(least);
    }
    return (
      shared.pastLeases < limits.registers * SHARE_OF_PAST &&
      shared.registers < limits.registers &&
      origins.hasRoomFor(lease.origin) &&
      reasons.hasRoomFor(lease.reason)
    );
  }

  #compare(lease: LateLease, row: number): number {
    const { registers, shared } = this.rows;
    const byStamp = lease.stamp - registers.stamp(row);
    if (byStamp !== 0) return byStamp;
    const origin = shared.origins.text(registers.origin(row));
    return lease.origin === origin ? 0 : lease.origin > origin ? 1 : -1;
  }

  #isOlder(row: number, other: number): boolean {
    const { registers, shared } = this.rows;
    const byStamp = registers.stamp(row) - registers.stamp(other);
    if (byStamp !== 0) return byStamp < 0;
    const { origins } = shared;
    return origins.text(registers.origin(row)) < origins.text(registers.origin(other));
  }
}

const KEPT = OWN_STAMP | NO_END_NAMED;

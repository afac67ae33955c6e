import type { Family } from '../address/address.js';
import { endMark, hashItem, hashLanes } from '../lease/item-hash.js';
import { endOf } from '../lease/register.js';
import {
  digestHorizon,
  forgetLeaseAt,
  forgetWithdrawalAt,
  leavesDigestAt,
} from '../lease/remember.js';
import { AS_THE_SET_SAYS, NEVER, NO_END_NAMED, OWN_STAMP } from '../message/entry-columns.js';
import { AddressRows, NONE } from './address-rows.js';
import type { Digest } from './digest.js';
import { EndQueue } from './end-queue.js';
import type { Shared } from './limits.js';
import { COUNTED, LIVE, NO_LEASE, PAST, RegisterRows, USED, type Said } from './register-rows.js';
import type { SeededHash } from './seeded-hash.js';

/** Until when a lease with this stamp (Unix milliseconds) and end is remembered, Unix seconds. */
export type RememberLease = (stampMs: number, until: number) => number;

/**
 * Addresses and registers of a page, with everything that is counted and queued by them: each change
 * of a register goes through `place`, `unplace` or `advance`.
 */
export class PageRows {
  readonly addresses: AddressRows;
  readonly registers = new RegisterRows();
  readonly queue = new EndQueue();
  /** Rows of addresses of which somebody wants to hear then. */
  readonly wakes = new EndQueue();
  /** Addresses with a live lease. */
  bans = 0;
  /** Leases of which it is not known what the set makes of them. */
  unsettled = 0;

  /** Until when a lease is to be remembered, whatever became of it; undefined: as long as it lives. */
  remembers: RememberLease | undefined;

  nowUnix = 0;
  #horizon = 0;
  readonly #hash = hashLanes();

  constructor(
    family: Family,
    hash: SeededHash,
    readonly shared: Shared,
    readonly digest: Digest,
  ) {
    this.addresses = new AddressRows(family, hash);
  }

  get byteLength(): number {
    const { addresses, registers, queue, wakes } = this;
    return addresses.byteLength + registers.byteLength + queue.byteLength + wakes.byteLength;
  }

  /** The moment at which everything is looked at that follows. */
  nowIs(nowUnix: number): void {
    this.nowUnix = nowUnix;
    this.#horizon = digestHorizon(nowUnix);
  }

  /**
   * Makes a register of an address, which counts nowhere until `place`. The caller has acquired
   * origin and reason.
   */
  link(address: number, origin: number, said: Said, reason: number): number {
    const { addresses, registers } = this;
    const row = registers.add(address, addresses.first(address), origin, said, reason);
    this.shared.registers += 1;
    addresses.setFirst(address, row);
    return row;
  }

  /** Forgets a register that counts nowhere any more, but not its address: see `freeIfEmpty`. */
  unlink(row: number): void {
    const { addresses, registers, shared } = this;
    const address = registers.address(row);
    const next = registers.next(row);
    if (addresses.first(address) === row) {
      addresses.setFirst(address, next);
    } else {
      let before = addresses.first(address);
      while (registers.next(before) !== row) before = registers.next(before);
      registers.setNext(before, next);
    }
    shared.origins.release(registers.origin(row));
    shared.reasons.release(registers.reason(row));
    this.queue.remove(row);
    registers.free(row);
    shared.registers -= 1;
  }

  freeIfEmpty(address: number): void {
    if (this.addresses.first(address) !== NONE) return;
    this.wakes.remove(address);
    this.addresses.free(address);
  }

  /** Counts a register for what it says, and queues it. */
  place(row: number): void {
    const { registers, shared } = this;
    let flags = registers.flags(row);
    if ((flags & NO_LEASE) !== 0) {
      if (registers.keepUntil(row) === 0) shared.unseenWithdrawals += 1;
    } else if ((flags & PAST) !== 0) {
      shared.pastLeases += 1;
    } else {
      const until = registers.until(row);
      if (until === AS_THE_SET_SAYS) this.unsettled += 1;
      const end = endOf(until);
      if (end > this.nowUnix) {
        const address = registers.address(row);
        flags |= LIVE;
        this.#countLive(address, 1);
        if (end > this.#horizon) {
          flags |= COUNTED;
          this.#countInDigest(row, address, flags, until, 1);
          // What nearly all come to.
          registers.setFlags(row, flags);
          this.queue.file(row, leavesDigestAt(end));
          return;
        }
        registers.setFlags(row, flags);
      }
    }
    this.queue.file(row, this.#dueAt(row, flags));
  }

  /** The reverse of `place`, before a register says something else or is forgotten. */
  unplace(row: number): void {
    const { registers, shared } = this;
    const flags = registers.flags(row);
    if ((flags & NO_LEASE) !== 0) {
      if (registers.keepUntil(row) === 0) shared.unseenWithdrawals -= 1;
      return;
    }
    if ((flags & PAST) !== 0) {
      shared.pastLeases -= 1;
      return;
    }
    if (registers.until(row) === AS_THE_SET_SAYS) this.unsettled -= 1;
    const address = registers.address(row);
    if ((flags & LIVE) !== 0) this.#countLive(address, -1);
    if ((flags & COUNTED) !== 0) {
      this.#countInDigest(row, address, flags, registers.until(row), -1);
    }
    registers.setFlags(row, flags & ~(LIVE | COUNTED));
  }

  /** After the moment has gone back: leases that had ended, or left the digest, are as they were. */
  revive(): void {
    const { registers } = this;
    for (let row = 0; row < registers.used; row++) {
      const flags = registers.flags(row);
      if ((flags & USED) === 0 || (flags & (NO_LEASE | COUNTED | PAST)) !== 0) continue;
      const end = endOf(registers.until(row));
      const isBehind = (flags & LIVE) === 0 ? end > this.nowUnix : end > this.#horizon;
      if (!isBehind) continue;
      this.unplace(row);
      this.place(row);
    }
  }

  /** Has a register remembered for longer. @returns false where it is so anyway */
  keepUntil(row: number, keepUntil: number): boolean {
    const { registers, shared } = this;
    const known = registers.keepUntil(row);
    if (keepUntil <= known) return false;
    const flags = registers.flags(row);
    if (known === 0 && (flags & NO_LEASE) !== 0) shared.unseenWithdrawals -= 1;
    registers.setKeepUntil(row, keepUntil);
    this.queue.file(row, this.#dueAt(row, flags));
    return true;
  }

  /**
   * Has time pass for the register that the queue has next: its lease leaves the digest, ends, or it is
   * forgotten.
   * @returns true where it was its address's last live lease that ended; the address may be forgotten
   *   with it only by `forget`
   */
  advance(row: number): boolean {
    const { registers } = this;
    let flags = registers.flags(row);
    let banEnded = false;
    if ((flags & LIVE) !== 0) {
      const end = endOf(registers.until(row));
      if ((flags & COUNTED) !== 0 && end <= this.#horizon) {
        this.#countInDigest(row, registers.address(row), flags, registers.until(row), -1);
        flags &= ~COUNTED;
      }
      if (end <= this.nowUnix) {
        flags &= ~LIVE;
        const address = registers.address(row);
        this.#countLive(address, -1);
        banEnded = this.addresses.liveLeases(address) === 0;
      }
      registers.setFlags(row, flags);
    }
    return banEnded;
  }

  /** Forgets the register that the queue has next if it is time, else queues it for later. */
  forgetOrRefile(row: number): void {
    const flags = this.registers.flags(row);
    const due = this.#dueAt(row, flags);
    if ((flags & LIVE) !== 0 || due > this.nowUnix) {
      this.queue.refileNext(due);
      return;
    }
    const address = this.registers.address(row);
    this.unplace(row);
    this.unlink(row);
    this.freeIfEmpty(address);
  }

  /** Leases are to be remembered for another time than before. */
  rememberLeases(remembers: RememberLease | undefined): void {
    this.remembers = remembers;
    const { registers } = this;
    for (let row = 0; row < registers.used; row++) {
      const flags = registers.flags(row);
      if ((flags & USED) !== 0) this.queue.file(row, this.#dueAt(row, flags));
    }
  }

  #dueAt(row: number, flags: number): number {
    const { registers } = this;
    const end = endOf(registers.until(row));
    if ((flags & PAST) !== 0) return this.remembers?.(registers.stamp(row), end) ?? 0;
    if ((flags & COUNTED) !== 0) return leavesDigestAt(end);
    if ((flags & LIVE) !== 0) return end;
    const { rememberSeconds } = this.shared;
    const stamp = registers.stamp(row);
    const keepUntil = registers.keepUntil(row);
    if ((flags & NO_LEASE) !== 0) {
      const forget = forgetWithdrawalAt(stamp, keepUntil, rememberSeconds);
      // What it ended would count again without it.
      const ended = keepUntil === 0 ? 0 : Math.min(keepUntil, this.remembers?.(stamp, NEVER) ?? 0);
      return Math.max(forget, ended);
    }
    const forget = forgetLeaseAt(end, stamp, keepUntil, rememberSeconds);
    return this.remembers === undefined ? forget : Math.max(forget, this.remembers(stamp, end));
  }

  #countLive(address: number, by: 1 | -1): void {
    const { addresses } = this;
    const leases = addresses.addLiveLease(address, by);
    this.shared.liveLeases += by;
    if (by === 1 && leases === 1) this.bans += 1;
    if (by === -1 && leases === 0) this.bans -= 1;
  }

  #countInDigest(row: number, address: number, flags: number, until: number, by: 1 | -1): void {
    const { addresses, registers } = this;
    const { origins } = this.shared;
    const hash = this.#hash;
    const asked = (flags & NO_END_NAMED) === 0 ? until : AS_THE_SET_SAYS;
    const mark = endMark(asked, (flags & OWN_STAMP) !== 0);
    const origin = origins.hash(registers.origin(row));
    hashItem(addresses.digestHash(address), origin, mark, hash);
    this.digest.count(addresses.bucket(address), hash, by);
  }
}

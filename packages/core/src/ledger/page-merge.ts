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
import { endOf } from '../lease/register.js';
import { settledUntil } from '../lease/remember.js';
import { AS_THE_SET_SAYS, NO_END_NAMED, type EntryColumns } from '../message/entry-columns.js';
import { NONE } from './address-rows.js';
import { BatchTexts } from './batch-texts.js';
import { Incoming } from './incoming.js';
import type { PageRows } from './page-rows.js';
import { PastLeases } from './past-leases.js';
import { RegisterOrder } from './register-order.js';
import { LIVE, NO_LEASE, PAST, SWEEP, WITHDRAWAL } from './register-rows.js';

/** Entries that are looked up in the index side by side. */
const TOGETHER = 256;

/** Merges entries into a page: `lease/merge.ts` in columns, and with bounds. */
export class PageMerge {
  /** What the set gives an entry that names no end; undefined: it knows no timeouts. */
  defaultTimeoutSeconds: number | undefined;
  isDefaultKnown = false;
  readonly #rows: PageRows;
  readonly #order: RegisterOrder;
  readonly #past: PastLeases;
  readonly #incoming = new Incoming();
  readonly #origins: BatchTexts;
  readonly #reasons: BatchTexts;
  readonly #hashes = new Int32Array(TOGETHER);
  /** Row of the address of the entry that was merged last, `NONE` where it has none. */
  #address = NONE;

  constructor(rows: PageRows) {
    this.#rows = rows;
    this.#order = new RegisterOrder(rows);
    this.#past = new PastLeases(rows);
    this.#origins = new BatchTexts(rows.shared.origins);
    this.#reasons = new BatchTexts(rows.shared.reasons);
  }

  merge(
    columns: EntryColumns,
    from: number,
    to: number,
    outcomes: Uint8Array,
    rows: Int32Array,
  ): void {
    const { addresses } = this.#rows;
    this.#incoming.begin(columns);
    this.#origins.begin(columns.originNames);
    this.#reasons.begin(columns.reasonTexts);
    for (let start = from; start < to; start += TOGETHER) {
      const end = Math.min(start + TOGETHER, to);
      addresses.hashAll(columns, start, end, this.#hashes);
      for (let index = start; index < end; index++) {
        outcomes[index] = this.#mergeEntry(columns, index, this.#hashes[index - start] ?? 0);
        rows[index] = this.#address;
      }
    }
  }

  #mergeEntry(columns: EntryColumns, index: number, hash: number): number {
    const { addresses } = this.#rows;
    const { words } = columns;
    const offset = addresses.perAddress * index;
    const prefixLength = columns.prefixLengths[index] ?? 0;
    this.#readIncoming(columns, index);
    this.#address = addresses.find(hash, words, offset, prefixLength);
    if (this.#address !== NONE) return this.#mergeIntoAddress();
    const refusal = this.#refusalOfNew(NONE);
    if (refusal !== undefined) return refusal;
    this.#address = addresses.add(hash, words, offset, prefixLength);
    return this.#addRegister();
  }

  #readIncoming(columns: EntryColumns, index: number): void {
    const incoming = this.#incoming;
    incoming.read(columns, index);
    if (!this.isDefaultKnown || !incoming.isLease || incoming.until !== AS_THE_SET_SAYS) return;
    incoming.until = settledUntil(incoming.stamp, this.defaultTimeoutSeconds);
  }

  #mergeIntoAddress(): number {
    const { addresses, registers, shared } = this.#rows;
    const incoming = this.#incoming;
    const origin = this.#origins.numberOf(incoming.originIndex);
    let sweep = NONE;
    let known = NONE;
    let others = 0;
    for (let row = addresses.first(this.#address); row !== NONE; row = registers.next(row)) {
      const flags = registers.flags(row);
      if ((flags & PAST) !== 0) continue;
      if ((flags & SWEEP) !== 0) sweep = row;
      else others += 1;
      if (row !== sweep && registers.origin(row) === origin) known = row;
    }
    if ((incoming.flags & SWEEP) !== 0) return this.#mergeSweep(sweep);
    if (sweep !== NONE && incoming.stamp <= registers.stamp(sweep)) {
      const isNoted = this.#rows.keepUntil(sweep, this.#order.outlastsOf(incoming));
      if (!incoming.isLease) return isNoted ? OLDER_NOTED : OLDER;
      return isNoted ? DEAD_NOTED : DEAD;
    }
    if (known !== NONE) return this.#mergeIntoRegister(known);
    return others < shared.limits.leasesPerAddress ? this.#addBesideOthers() : this.#addForLeast();
  }

  #mergeSweep(sweep: number): number {
    const rows = this.#rows;
    const { registers } = rows;
    const incoming = this.#incoming;
    if (sweep !== NONE) {
      const order = this.#order.compare(incoming, sweep);
      if (order <= 0) {
        const isNoted = rows.keepUntil(sweep, this.#order.outlastsOf(incoming));
        return isNoted ? OLDER_NOTED : order === 0 ? EQUAL : OLDER;
      }
      incoming.keepUntil = Math.max(incoming.keepUntil, registers.keepUntil(sweep));
      rows.unplace(sweep);
    }
    const endedLive = this.#endSwept(sweep);
    if (sweep !== NONE) {
      this.#say(sweep, 0);
    } else {
      // Where it ended anything, that has made room.
      const refusal = this.#refusalOfNew(NONE);
      if (refusal !== undefined) return refusal;
      this.#addRegister();
    }
    return endedLive ? ADDED : NOT_HELD;
  }

  /** Forgets what the sweep ends, which remembers it from now on. @returns true if a lease lived */
  #endSwept(sweep: number): boolean {
    const rows = this.#rows;
    const { registers } = rows;
    const incoming = this.#incoming;
    let endedLive = false;
    let next = rows.addresses.first(this.#address);
    while (next !== NONE) {
      const row = next;
      next = registers.next(row);
      if (row === sweep || registers.stamp(row) > incoming.stamp) continue;
      incoming.keepUntil = Math.max(incoming.keepUntil, this.#order.outlasts(row));
      if ((registers.flags(row) & LIVE) !== 0) endedLive = true;
      rows.unplace(row);
      rows.unlink(row);
    }
    return endedLive;
  }

  #mergeIntoRegister(known: number): number {
    const rows = this.#rows;
    const { registers, shared } = rows;
    const incoming = this.#incoming;
    const flags = registers.flags(known);
    const order = this.#order.compare(incoming, known);
    if (order === 0) {
      this.#lookAgain(known);
      return rows.keepUntil(known, incoming.keepUntil) ? OLDER_NOTED : EQUAL;
    }
    if (order < 0) {
      const isPast = incoming.isLease && this.#past.take(this.#address, incoming, known);
      const isNoted = rows.keepUntil(known, this.#order.outlastsOf(incoming)) || isPast;
      if (incoming.isLease && (flags & WITHDRAWAL) !== 0) return isNoted ? DEAD_NOTED : DEAD;
      return isNoted ? OLDER_NOTED : OLDER;
    }
    const reason = this.#reasons.acquire(incoming.reasonIndex);
    if (reason === -1) return TOO_MANY_REASONS;
    const formerReason = registers.reason(known);
    const isRepeated = this.#order.asksForSameEnd(incoming, known);
    this.#past.keep(this.#address, known, incoming.stamp);
    incoming.keepUntil = Math.max(incoming.keepUntil, this.#order.outlasts(known));
    rows.unplace(known);
    shared.reasons.release(formerReason);
    this.#say(known, reason);
    const wasLive = (flags & LIVE) !== 0;
    if (!incoming.isLease) return wasLive ? ADDED : NOT_HELD;
    if (!wasLive) return ADDED;
    if (reason !== formerReason) return REWORDED;
    if (isRepeated) return REPEATED;
    return (incoming.flags & flags & NO_END_NAMED) !== 0 ? REPEATED_AS_THE_SET_SAYS : RENEWED;
  }

  #addBesideOthers(): number {
    return this.#refusalOfNew(NONE) ?? this.#addRegister();
  }

  #addForLeast(): number {
    const rows = this.#rows;
    const least = this.#order.least(this.#address);
    if (least === NONE || !this.#order.isGreater(this.#incoming, least)) return TOO_MANY_LEASES;
    const refusal = this.#refusalOfNew(least);
    if (refusal !== undefined) return refusal;
    rows.unplace(least);
    rows.unlink(least);
    this.#addRegister();
    return ADDED_OUSTING;
  }

  /**
   * The outcome where there is no room for one more register.
   * @param leaving the register that goes for it, or `NONE`
   */
  #refusalOfNew(leaving: number): number | undefined {
    const { shared } = this.#rows;
    const { limits } = shared;
    const { isLease, keepUntil, originIndex, reasonIndex } = this.#incoming;
    const isFull = leaving === NONE && shared.registers >= limits.registers;
    if (isLease) {
      if (isFull) return TOO_MANY_IN_ALL;
    } else {
      const isUnseen = keepUntil === 0;
      if (isUnseen && shared.unseenWithdrawals >= limits.unseenWithdrawals) return NOT_REMEMBERED;
      if (isFull) return NOT_REMEMBERED;
    }
    if (!this.#origins.hasRoomFor(originIndex)) return TOO_MANY_ORIGINS;
    return this.#reasons.hasRoomFor(reasonIndex) ? undefined : TOO_MANY_REASONS;
  }

  /** Adds a register, for which there is room, to an address that has none of its key. */
  #addRegister(): number {
    const incoming = this.#incoming;
    const origin = this.#origins.acquire(incoming.originIndex);
    const reason = this.#reasons.acquire(incoming.reasonIndex);
    this.#rows.place(this.#rows.link(this.#address, origin, incoming, reason));
    return incoming.isLease ? ADDED : NOT_HELD;
  }

  /** Writes what the entry says to a register that counts nowhere. */
  #say(row: number, reason: number): void {
    this.#rows.registers.say(row, this.#incoming, reason);
    this.#rows.place(row);
  }

  /** An equal lease may settle what was not known, or find that the clock has been set back. */
  #lookAgain(row: number): void {
    const rows = this.#rows;
    const { registers } = rows;
    const flags = registers.flags(row);
    if ((flags & NO_LEASE) !== 0) return;
    const until = registers.until(row);
    const settled = this.#incoming.until;
    const isSettled = until === AS_THE_SET_SAYS && settled !== AS_THE_SET_SAYS;
    const isRevived = (flags & LIVE) === 0 && endOf(until) > rows.nowUnix;
    if (!isSettled && !isRevived) return;
    rows.unplace(row);
    if (isSettled) registers.setUntil(row, settled);
    rows.place(row);
  }
}

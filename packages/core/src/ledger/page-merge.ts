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
  TOO_MANY_IN_ALL,
  TOO_MANY_LEASES,
  TOO_MANY_ORIGINS,
  TOO_MANY_REASONS,
} from '../lease/outcome.js';
import { endOf } from '../lease/register.js';
import { settledUntil } from '../lease/remember.js';
import {
  AS_THE_SET_SAYS,
  NO_END_NAMED,
  OWN_STAMP,
  type EntryColumns,
} from '../message/entry-columns.js';
import { NONE } from './address-rows.js';
import { askedRank, Incoming } from './incoming.js';
import type { PageRows } from './page-rows.js';
import { LIVE, SWEEP, WITHDRAWAL } from './register-rows.js';

const NO_LEASE = WITHDRAWAL | SWEEP;

/** Merges entries into a page: `lease/merge.ts` in columns, and with bounds. */
export class PageMerge {
  /** What the set gives an entry that names no end; undefined: it knows no timeouts. */
  defaultTimeoutSeconds: number | undefined;
  isDefaultKnown = false;
  readonly #rows: PageRows;
  readonly #incoming = new Incoming();
  /** Row of the address of the entry that was merged last, `NONE` where it has none. */
  #address = NONE;

  constructor(rows: PageRows) {
    this.#rows = rows;
  }

  merge(
    columns: EntryColumns,
    from: number,
    to: number,
    nowMs: number,
    outcomes: Uint8Array,
    rows: Int32Array,
  ): void {
    this.#rows.nowIs(nowMs / 1000);
    for (let index = from; index < to; index++) {
      outcomes[index] = this.#mergeEntry(columns, index);
      rows[index] = this.#address === NONE ? -1 : this.#address;
    }
  }

  #mergeEntry(columns: EntryColumns, index: number): number {
    const { addresses } = this.#rows;
    const { words } = columns;
    const offset = addresses.perAddress * index;
    const prefixLength = columns.prefixLengths[index] ?? 0;
    this.#readIncoming(columns, index);
    const hash = addresses.hash(words, offset, prefixLength);
    const known = addresses.find(hash, words, offset, prefixLength);
    if (known !== -1) {
      this.#address = known;
      return this.#mergeIntoAddress();
    }
    this.#address = NONE;
    const refusal = this.#refusalOfNew(false);
    if (refusal !== -1) return refusal;
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
    const origin = shared.origins.numberOf(incoming.origin);
    let sweep = NONE;
    let known = NONE;
    let least = NONE;
    let others = 0;
    for (let row = addresses.first(this.#address); row !== NONE; row = registers.next(row)) {
      if ((registers.flags(row) & SWEEP) !== 0) {
        sweep = row;
        continue;
      }
      others += 1;
      if (registers.origin(row) === origin) known = row;
      if (least === NONE || this.#isLess(row, least)) least = row;
    }
    if ((incoming.flags & SWEEP) !== 0) return this.#mergeSweep(sweep);
    if (sweep !== NONE && incoming.stamp <= registers.stamp(sweep)) {
      const noted = this.#rows.keepUntil(sweep, incoming.outlasts);
      if (!incoming.isLease) return noted ? OLDER_NOTED : OLDER;
      return noted ? DEAD_NOTED : DEAD;
    }
    if (known !== NONE) return this.#mergeIntoRegister(known);
    const ousted = others < shared.limits.leasesPerAddress ? NONE : least;
    return this.#addBesideOthers(ousted);
  }

  #mergeSweep(sweep: number): number {
    const rows = this.#rows;
    const { registers } = rows;
    const incoming = this.#incoming;
    if (sweep !== NONE) {
      const order = this.#compare(sweep);
      if (order <= 0) {
        const noted = rows.keepUntil(sweep, incoming.outlasts);
        return noted ? OLDER_NOTED : order === 0 ? EQUAL : OLDER;
      }
      rows.unplace(sweep);
    }
    let keepUntil = Math.max(incoming.keepUntil, sweep === NONE ? 0 : registers.keepUntil(sweep));
    let wasLive = false;
    let next = rows.addresses.first(this.#address);
    while (next !== NONE) {
      const row = next;
      next = registers.next(row);
      if (row === sweep || registers.stamp(row) > incoming.stamp) continue;
      keepUntil = Math.max(keepUntil, this.#outlasts(row));
      if ((registers.flags(row) & LIVE) !== 0) wasLive = true;
      rows.unplace(row);
      rows.unlink(row);
    }
    incoming.keepUntil = keepUntil;
    if (sweep === NONE) {
      // Where it ended anything, that has made room.
      const refusal = this.#refusalOfNew(false);
      if (refusal !== -1) return refusal;
      this.#addRegister();
      return wasLive ? ADDED : NOT_HELD;
    }
    this.#say(sweep, 0);
    return wasLive ? ADDED : NOT_HELD;
  }

  #mergeIntoRegister(known: number): number {
    const rows = this.#rows;
    const { registers, shared } = rows;
    const incoming = this.#incoming;
    const flags = registers.flags(known);
    const order = this.#compare(known);
    if (order <= 0) {
      const noted = rows.keepUntil(known, order === 0 ? incoming.keepUntil : incoming.outlasts);
      if (order === 0) {
        this.#lookAgain(known);
        return noted ? OLDER_NOTED : EQUAL;
      }
      if (incoming.isLease && (flags & WITHDRAWAL) !== 0) return noted ? DEAD_NOTED : DEAD;
      return noted ? OLDER_NOTED : OLDER;
    }
    const reason = shared.reasons.acquire(incoming.reason);
    if (reason === -1) return TOO_MANY_REASONS;
    let outcome = (flags & LIVE) === 0 ? NOT_HELD : ADDED;
    if (incoming.isLease) {
      outcome = (flags & LIVE) === 0 ? ADDED : this.#isRepeated(known, reason) ? REPEATED : RENEWED;
    }
    incoming.keepUntil = Math.max(incoming.keepUntil, this.#outlasts(known));
    rows.unplace(known);
    shared.reasons.release(registers.reason(known));
    this.#say(known, reason);
    return outcome;
  }

  #addBesideOthers(least: number): number {
    const rows = this.#rows;
    if (least !== NONE && !this.#isAbove(least)) return TOO_MANY_LEASES;
    const refusal = this.#refusalOfNew(least !== NONE);
    if (refusal !== -1) return refusal;
    if (least === NONE) return this.#addRegister();
    rows.unplace(least);
    rows.unlink(least);
    this.#addRegister();
    return ADDED_OUSTING;
  }

  /** The outcome where there is no room for one more register, -1 where there is. */
  #refusalOfNew(makesRoom: boolean): number {
    const { shared } = this.#rows;
    const { limits } = shared;
    const incoming = this.#incoming;
    if (!incoming.isLease) {
      const isUnseen = incoming.keepUntil === 0;
      if (isUnseen && shared.unseenWithdrawals >= limits.unseenWithdrawals) return NOT_REMEMBERED;
      if (shared.registers >= limits.registers && !makesRoom) return NOT_REMEMBERED;
    } else if (shared.registers >= limits.registers && !makesRoom) return TOO_MANY_IN_ALL;
    const { origins, reasons } = shared;
    if (origins.size >= limits.origins && origins.numberOf(incoming.origin) === -1) {
      return TOO_MANY_ORIGINS;
    }
    if (reasons.size >= limits.reasons && reasons.numberOf(incoming.reason) === -1) {
      return TOO_MANY_REASONS;
    }
    return -1;
  }

  /** Adds a register, for which there is room, to an address that has no live lease of its origin. */
  #addRegister(): number {
    const { shared } = this.#rows;
    const incoming = this.#incoming;
    const row = this.#rows.link(this.#address, shared.origins.acquire(incoming.origin));
    this.#say(row, shared.reasons.acquire(incoming.reason));
    return incoming.isLease ? ADDED : NOT_HELD;
  }

  /** Writes what the entry says to a register that counts nowhere. */
  #say(row: number, reason: number): void {
    this.#rows.registers.say(row, this.#incoming, reason);
    this.#rows.place(row);
  }

  /** An equal entry may settle what was not known, or find that the clock has been set back. */
  #lookAgain(row: number): void {
    const rows = this.#rows;
    const { registers } = rows;
    const flags = registers.flags(row);
    if ((flags & NO_LEASE) !== 0) return;
    const until = registers.until(row);
    const settled = this.#incoming.until;
    const isSettled = until === AS_THE_SET_SAYS && settled !== AS_THE_SET_SAYS;
    if (!isSettled && (flags & LIVE) !== 0) return;
    if (!isSettled && endOf(until) <= rows.nowUnix) return;
    rows.unplace(row);
    if (isSettled) registers.setUntil(row, settled);
    rows.place(row);
  }

  /** Above 0 where the entry wins over a register of its key, 0 where they are equal. */
  #compare(row: number): number {
    const { registers, shared } = this.#rows;
    const incoming = this.#incoming;
    const flags = registers.flags(row);
    const byStamp = incoming.stamp - registers.stamp(row);
    if (byStamp !== 0) return byStamp;
    const byKind = (incoming.flags & NO_LEASE) - (flags & NO_LEASE);
    if (byKind !== 0) return byKind;
    if (incoming.isLease) {
      const asked = askedRank(incoming.flags, incoming.until);
      const known = askedRank(flags, registers.until(row));
      if (asked !== known) return asked > known ? 1 : -1;
      const reason = shared.reasons.text(registers.reason(row));
      if (incoming.reason !== reason) return incoming.reason > reason ? 1 : -1;
    }
    // A publisher's own stamp is the better one.
    return (flags & OWN_STAMP) - (incoming.flags & OWN_STAMP);
  }

  #isRepeated(row: number, reason: number): boolean {
    const { registers } = this.#rows;
    const flags = this.#incoming.flags | registers.flags(row);
    if ((flags & NO_END_NAMED) !== 0) return false;
    return registers.until(row) === this.#incoming.until && registers.reason(row) === reason;
  }

  #outlasts(row: number): number {
    const { registers } = this.#rows;
    const keepUntil = registers.keepUntil(row);
    if ((registers.flags(row) & NO_LEASE) !== 0) return keepUntil;
    return Math.max(keepUntil, endOf(registers.until(row)));
  }

  /** The order of those that stay where an address has too many: by stamp, then by origin. */
  #isLess(row: number, other: number): boolean {
    const { registers, shared } = this.#rows;
    const difference = registers.stamp(row) - registers.stamp(other);
    if (difference !== 0) return difference < 0;
    const { origins } = shared;
    return origins.text(registers.origin(row)) < origins.text(registers.origin(other));
  }

  #isAbove(row: number): boolean {
    const { registers, shared } = this.#rows;
    const difference = this.#incoming.stamp - registers.stamp(row);
    if (difference !== 0) return difference > 0;
    return this.#incoming.origin > shared.origins.text(registers.origin(row));
  }
}

import { selectAddresses, type AddressColumns } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import { ADD, ADD_NEW, DELETE, MAX_TIMEOUT_SECONDS, NO_TIMEOUT } from '../backend/backend.js';
import { NEVER } from '../message/entry-columns.js';
import { AddressTable } from './address-table.js';

/** `SetPlan.flags` */
export const FLAG = {
  /** Waits in the queue of what differs. */
  QUEUED: 1,
  /** The backend is being told: its verdict is to come. */
  IN_FLIGHT: 2,
  /** Somebody else's entry stands there: it is neither changed nor deleted. */
  FOREIGN: 4,
  /** The set may hold it from before; whoever lists the set finds out. */
  MAYBE: 8,
  /** To be deleted whoever put it there: an anonymous unban. */
  PURGE: 16,
  /** The set as it is will never take it. */
  IMPOSSIBLE: 32,
  /** Waits for room in a full set. */
  WAITING: 64,
  /** The set holds it with another comment. */
  COMMENT: 128,
  /** Its time is over, and the set has no timeouts: the ledger ends it. */
  ENDED: 256,
  /** Has waited for room, and is let in: others wait behind it. */
  ADMITTED: 512,
  /** The journal was told that nothing of ours is there. */
  NOTED: 1024,
} as const;

/** Flags that decide how a row counts. */
const COUNTED_FLAGS = FLAG.FOREIGN | FLAG.IMPOSSIBLE;

/** What the kernel is told where it already does what it should. */
export const NOTHING = -1;

/**
 * How far a kernel timeout may stand from the wanted end before it counts as a difference: whole
 * seconds are rounded on both sides, and listing a large set takes a while.
 */
const TOLERANCE_SECONDS = 3;
/** A ban that outlasts the kernel's longest timeout is told to the kernel again this often. */
export const RENEWAL_SECONDS = Math.floor(MAX_TIMEOUT_SECONDS / 2);

/** Whether, and how, the set keeps time. */
export interface SetTimes {
  /** False where entries stay until they are deleted. */
  readonly hasTimeouts: boolean;
}

/**
 * What one kernel set has to follow: what is wanted in it and what it is known to hold, an entry a
 * row, and the difference of both.
 *
 * ```
 *      wanted            held
 *   ┌──────────┬─────────┬──────────┐
 *   │ to add   │ in step │ to delete│   what somebody else put there is neither
 *   └──────────┴─────────┴──────────┘
 * ```
 *
 * Ends are Unix seconds, `NEVER`, or 0 for not at all. Knows neither leases nor the backend.
 */
export class SetPlan {
  readonly table: AddressTable;
  wanted = new Float64Array(0);
  held = new Float64Array(0);
  flags = new Uint16Array(0);
  /** The set is only observed: what is wanted is counted, and nothing of it is to be in the set. */
  isObserved = false;
  /** The look at the set (`beginLook`) that has last seen or touched each row. */
  #looks = new Uint8Array(0);
  #look = 0;
  #wantedCount = 0;
  #lackingCount = 0;
  #foreignCount = 0;
  #impossibleCount = 0;

  constructor(readonly family: Family) {
    this.table = new AddressTable(family, (capacity) => {
      this.#grow(capacity);
    });
  }

  /** Entries that are to be in the set. */
  get wantedCount(): number {
    return this.#wantedCount;
  }

  /** Wanted entries that the set is not known to hold. */
  get lackingCount(): number {
    return this.isObserved ? 0 : this.#lackingCount;
  }

  /** Wanted entries in whose place somebody else's stands. */
  get foreignCount(): number {
    return this.#foreignCount;
  }

  /** Wanted entries that the set as it is will never take. */
  get impossibleCount(): number {
    return this.#impossibleCount;
  }

  /** @returns the row of an entry, made where it is missing */
  row(words: Uint32Array, offset: number, prefixLength: number): number {
    return this.table.make(words, offset, prefixLength);
  }

  want(row: number, end: number): void {
    const before = this.wanted[row] ?? 0;
    if (before === end) return;
    this.#count(row, -1);
    this.wanted[row] = end;
    this.#count(row, 1);
  }

  hold(row: number, end: number): void {
    this.#count(row, -1);
    this.held[row] = end;
    this.#count(row, 1);
  }

  has(row: number, flag: number): boolean {
    return ((this.flags[row] ?? 0) & flag) !== 0;
  }

  mark(row: number, flag: number): void {
    const before = this.flags[row] ?? 0;
    if ((before & flag) === flag) return;
    // Most flags are counted nowhere.
    if ((flag & COUNTED_FLAGS) === 0) {
      this.flags[row] = before | flag;
      return;
    }
    this.#count(row, -1);
    this.flags[row] = before | flag;
    this.#count(row, 1);
  }

  unmark(row: number, flag: number): void {
    const before = this.flags[row] ?? 0;
    if ((before & flag) === 0) return;
    if ((flag & COUNTED_FLAGS) === 0) {
      this.flags[row] = before & ~flag;
      return;
    }
    this.#count(row, -1);
    this.flags[row] = before & ~flag;
    this.#count(row, 1);
  }

  /** What brings the set to what is wanted of this entry: `ADD`, `ADD_NEW`, `DELETE` or `NOTHING`. */
  difference(row: number, nowUnix: number, { hasTimeouts }: SetTimes): number {
    const flags = this.flags[row] ?? 0;
    const wanted = this.wanted[row] ?? 0;
    const held = this.held[row] ?? 0;
    if (wanted === 0 || wanted <= nowUnix || this.isObserved) {
      if ((flags & FLAG.PURGE) !== 0 && !this.isObserved) return DELETE;
      if ((flags & FLAG.FOREIGN) !== 0) return NOTHING;
      // What the kernel ends by itself may be there for a moment still.
      const isFading = hasTimeouts && held <= nowUnix;
      return (held !== 0 && !isFading) || (flags & FLAG.MAYBE) !== 0 ? DELETE : NOTHING;
    }
    if ((flags & (FLAG.FOREIGN | FLAG.IMPOSSIBLE)) !== 0) return NOTHING;
    if (held === 0) return (flags & (FLAG.MAYBE | FLAG.PURGE)) !== 0 ? ADD : ADD_NEW;
    if ((flags & FLAG.COMMENT) !== 0) return ADD;
    return hasTimeouts && this.#differs(wanted, held, nowUnix) ? ADD : NOTHING;
  }

  #differs(wanted: number, held: number, nowUnix: number): boolean {
    if (wanted === held) return false;
    if (wanted === NEVER || held === NEVER || held <= nowUnix) return true;
    // As long as the kernel can count, and it lives to see its renewal.
    const isFar = wanted - nowUnix > MAX_TIMEOUT_SECONDS;
    if (isFar && held - nowUnix > RENEWAL_SECONDS) return false;
    return Math.abs(wanted - held) > TOLERANCE_SECONDS;
  }

  /** Whether the kernel's time runs out before the ban does, and it is time to say it again. */
  needsRenewal(row: number, nowUnix: number): boolean {
    const held = this.held[row] ?? 0;
    const wanted = this.wanted[row] ?? 0;
    return (
      held !== 0 &&
      held !== NEVER &&
      wanted > held + TOLERANCE_SECONDS &&
      held - nowUnix <= RENEWAL_SECONDS
    );
  }

  /** What the kernel is told with `ADD`: seconds, 0 for ever, or `NO_TIMEOUT`. */
  timeout(row: number, nowUnix: number, { hasTimeouts }: SetTimes): number {
    if (!hasTimeouts) return NO_TIMEOUT;
    const wanted = this.wanted[row] ?? 0;
    if (wanted === NEVER) return 0;
    return Math.min(Math.max(Math.ceil(wanted - nowUnix), 1), MAX_TIMEOUT_SECONDS);
  }

  /** Starts a look through the set: afterwards `wasSeen` tells what it has met, or changed since. */
  beginLook(): void {
    // 0 is what new rows have. After 255 looks an old number could be mistaken for a new one.
    if (this.#look === 255) this.#looks.fill(0);
    this.#look = (this.#look % 255) + 1;
  }

  see(row: number): void {
    this.#looks[row] = this.#look;
  }

  wasSeen(row: number): boolean {
    return this.#looks[row] === this.#look;
  }

  /** The set is another one, or was emptied: nothing is known of what it holds. */
  forgetHeld(row: number): void {
    // Whose an entry was it stays, where the set is filled anew from what was saved.
    if ((this.held[row] ?? 0) !== 0) {
      this.hold(row, 0);
      this.mark(row, FLAG.MAYBE);
    }
    this.unmark(row, FLAG.IMPOSSIBLE);
  }

  /** Drops a row of which nothing is left to say. */
  release(row: number): void {
    const { wanted, held, flags } = this;
    const isEmpty = wanted[row] === 0 && held[row] === 0 && ((flags[row] ?? 0) & ~FLAG.NOTED) === 0;
    if (!isEmpty || !this.table.isUsed(row)) return;
    flags[row] = 0;
    this.table.remove(row);
  }

  /** The addresses of some rows. */
  addresses(rows: Int32Array, length: number): AddressColumns {
    const { columns } = this.table;
    return selectAddresses(columns, rows.length === length ? rows : rows.subarray(0, length));
  }

  /** Whether the set may hold a row by us. */
  mayHold(row: number): boolean {
    return this.held[row] !== 0 || this.has(row, FLAG.MAYBE | FLAG.IN_FLIGHT);
  }

  /** Wanted, and neither held nor somebody else's nor impossible. */
  isLacking(row: number): boolean {
    const excused = FLAG.FOREIGN | FLAG.IMPOSSIBLE;
    return (
      !this.isObserved &&
      this.wanted[row] !== 0 &&
      this.held[row] === 0 &&
      ((this.flags[row] ?? 0) & excused) === 0
    );
  }

  /** Adds a row to the counts, or takes it out of them. */
  #count(row: number, by: 1 | -1): void {
    if (this.wanted[row] === 0) return;
    this.#wantedCount += by;
    const flags = this.flags[row] ?? 0;
    if ((flags & FLAG.FOREIGN) !== 0) this.#foreignCount += by;
    else if ((flags & FLAG.IMPOSSIBLE) !== 0) this.#impossibleCount += by;
    else if (this.held[row] === 0) this.#lackingCount += by;
  }

  #grow(capacity: number): void {
    const wanted = new Float64Array(capacity);
    wanted.set(this.wanted);
    this.wanted = wanted;
    const held = new Float64Array(capacity);
    held.set(this.held);
    this.held = held;
    const flags = new Uint16Array(capacity);
    flags.set(this.flags);
    this.flags = flags;
    const looks = new Uint8Array(capacity);
    looks.set(this.#looks);
    this.#looks = looks;
  }
}

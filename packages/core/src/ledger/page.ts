import type { Family } from '../address/address.js';
import { wordsPerAddress, type AddressColumns } from '../address/address-columns.js';
import { BUCKETS, BUCKETS_PER_GROUP } from '../lease/item-hash.js';
import type { HeardLease } from '../lease/heard-lease.js';
import type { Lease } from '../lease/lease.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { endOf } from '../lease/register.js';
import { settledUntil } from '../lease/remember.js';
import { AS_THE_SET_SAYS, NEVER, OWN_STAMP, type EntryColumns } from '../message/entry-columns.js';
import type { Origin, SetName } from '../words/names.js';
import type { AddressIndex, IndexedRows } from './address-index.js';
import { NO_BUCKET, NONE } from './address-rows.js';
import { AddressList } from './address-list.js';
import { PageMerge } from './page-merge.js';
import type { PageRows, RememberLease } from './page-rows.js';
import { columnsOf, readBuckets, readRegisters, usedRows } from './read-registers.js';
import type { SeededHash } from './seeded-hash.js';
import { CHUNK_MASK, LIVE, NO_LEASE, PAST, SWEEP, USED } from './register-rows.js';

/** What a ledger knows of one set and family. Pure state: it reads no clock and touches no kernel. */
export class Page {
  readonly #rows: PageRows;
  readonly #merge: PageMerge;
  #settledTo = 0;

  constructor(
    readonly set: SetName,
    readonly family: Family,
    rows: PageRows,
  ) {
    this.#rows = rows;
    this.#merge = new PageMerge(rows);
  }

  /** Addresses with a live lease. */
  get bans(): number {
    return this.#rows.bans;
  }

  /** Each address has a row, 0 to `rowCount` - 1, for as long as anything is known of it. */
  get rowCount(): number {
    return this.#rows.addresses.rowCount;
  }

  /** False as long as each row is that of the address it was first given to. */
  get hasFreed(): boolean {
    return this.#rows.addresses.hasFreed;
  }

  /** Of all rows. Replaced when it grows: take it anew after each `merge`. */
  get columns(): AddressColumns {
    const { family, rowCount: length, words, prefixLengths } = this;
    return { family, length, words, prefixLengths };
  }

  /** Of all rows, as in `AddressColumns`. Replaced when it grows: take it anew after each `merge`. */
  get words(): Uint32Array {
    return this.#rows.addresses.words;
  }

  get prefixLengths(): Uint8Array {
    return this.#rows.addresses.prefixLengths;
  }

  /**
   * The clock was set back: what it had stamped meanwhile would pass for younger than all that
   * publishers ask for until it has caught up, and what had ended by it has not ended.
   *
   * @returns how many registers have another stamp now, so that the journal has to be written anew
   */
  stepBack(nowMs: number, byMs: number): number {
    const restamped = this.#rows.registers.stepBack(nowMs, byMs);
    this.#rows.nowIs(nowMs / 1000);
    this.#rows.revive();
    return restamped;
  }

  /** False for rows that are free. */
  isKnown(row: number): boolean {
    return this.#rows.addresses.bucket(row) !== NO_BUCKET;
  }

  /** True where the row's address has a live lease; false for rows that are free. */
  isBan(row: number): boolean {
    return this.#rows.addresses.liveLeases(row) > 0;
  }

  /** @returns the row of an address, -1 where nothing is known of it */
  find(words: Uint32Array, offset: number, prefixLength: number): number {
    const { addresses } = this.#rows;
    return addresses.find(addresses.hash(words, offset, prefixLength), words, offset, prefixLength);
  }

  /** As `AddressRows.reserve`. */
  reserve(addresses: number): void {
    this.#rows.addresses.reserve(addresses);
  }

  /** As `AddressRows.copyIndex`. */
  copyIndex(rows: IndexedRows): { readonly index: AddressIndex; readonly hash: SeededHash } {
    return this.#rows.addresses.copyIndex(rows);
  }

  /** The same for one of many addresses of this page's family. */
  findAt(
    { words, prefixLengths }: Pick<AddressColumns, 'words' | 'prefixLengths'>,
    index: number,
  ): number {
    return this.find(words, index * wordsPerAddress(this.family), prefixLengths[index] ?? 0);
  }

  /**
   * Merges entries `from` to `to` (exclusive). Of each, `outcomes` gets what became of it
   * (`lease/outcome.ts`) and `rows` the row of its address, or -1.
   */
  merge(
    columns: EntryColumns | RegisterColumns,
    from: number,
    to: number,
    nowMs: number,
    outcomes: Uint8Array,
    rows: Int32Array,
  ): void {
    this.#rows.nowIs(nowMs / 1000);
    this.#merge.merge(columns, from, to, outcomes, rows);
  }

  /**
   * When the ban of a row's address ends, Unix seconds; 0: it has no live lease; `NEVER`, also while it
   * is not known what the set makes of a lease that names no end.
   */
  end(row: number): number {
    const { addresses, registers } = this.#rows;
    // What a free row names first is no register, but the row that came free before it.
    if (addresses.liveLeases(row) === 0) return 0;
    let latest = 0;
    for (let register = addresses.first(row); register !== NONE;) {
      const { flags, untils, nexts } = registers.chunk(register);
      const at = register & CHUNK_MASK;
      if (((flags[at] ?? 0) & LIVE) !== 0) {
        const end = endOf(untils[at] ?? 0);
        if (end > latest) latest = end;
      }
      register = nexts[at] ?? NONE;
    }
    return latest;
  }

  /**
   * Every lease that is known of a row's address, those that are over among them, in no order. Not
   * to be asked of a free row.
   */
  heard(row: number): HeardLease[] {
    const { addresses, registers, shared } = this.#rows;
    const found: HeardLease[] = [];
    for (let at = addresses.first(row); at !== NONE; at = registers.next(at)) {
      const flags = registers.flags(at);
      if ((flags & NO_LEASE) !== 0) continue;
      found.push({
        origin: shared.origins.text(registers.origin(at)),
        stampMs: registers.stamp(at),
        until: endOf(registers.until(at)),
        nextStampMs: (flags & PAST) === 0 ? Infinity : this.#nextStamp(row, at),
      });
    }
    return found;
  }

  /** When the origin of a past lease has next asked for something. */
  #nextStamp(row: number, past: number): number {
    const { addresses, registers } = this.#rows;
    const stamp = registers.stamp(past);
    let next = Infinity;
    for (let at = addresses.first(row); at !== NONE; at = registers.next(at)) {
      if (registers.origin(at) !== registers.origin(past)) continue;
      if ((registers.flags(at) & SWEEP) !== 0 || registers.stamp(at) <= stamp) continue;
      next = Math.min(next, registers.stamp(at));
    }
    // What came behind it is forgotten: that it is over is all that is known of it.
    return next === Infinity ? stamp : next;
  }

  /**
   * Leases are remembered until the moment that it names, also when their origins have renewed or
   * withdrawn them: `heard` tells them.
   */
  rememberLeases(remembers: RememberLease | undefined): void {
    this.#rows.rememberLeases(remembers);
  }

  /** Has `takeDue` hand out the address of a row that is known at this moment, Unix seconds, too. */
  wakeAt(row: number, unix: number): void {
    this.#rows.wakes.file(row, unix);
  }

  /** How many leases of a row's address live. */
  liveLeases(row: number): number {
    return this.#rows.addresses.liveLeases(row);
  }

  /** Leases of a row's address: those that live first, the longest of them first. */
  leases(row: number): Lease[] {
    const { addresses, registers, shared } = this.#rows;
    const found: { lease: Lease; end: number }[] = [];
    for (let at = addresses.first(row); at !== NONE; at = registers.next(at)) {
      const flags = registers.flags(at);
      if ((flags & (NO_LEASE | PAST)) !== 0) continue;
      const until = registers.until(at);
      const reason = shared.reasons.text(registers.reason(at));
      const lease: Lease = {
        // Only what `parseOrigin` has passed comes into columns.
        origin: shared.origins.text(registers.origin(at)) as Origin | '',
        until: until === NEVER ? 'never' : until === AS_THE_SET_SAYS ? 'default' : until,
        ...(reason === '' ? {} : { reason }),
        stamp: registers.stamp(at),
        ownStamp: (flags & OWN_STAMP) !== 0,
      };
      found.push({ lease, end: (flags & LIVE) === 0 ? 0 : endOf(until) });
    }
    found.sort((a, b) => (a.end === b.end ? 0 : b.end - a.end));
    return found.map(({ lease }) => lease);
  }

  /** What is known of a row's address: leases, withdrawals and the sweep, but no past leases. */
  registersAt(row: number): RegisterColumns {
    const { addresses, registers } = this.#rows;
    const found: number[] = [];
    if (this.isKnown(row)) {
      for (let at = addresses.first(row); at !== NONE; at = registers.next(at)) {
        if ((registers.flags(at) & PAST) === 0) found.push(at);
      }
    }
    return columnsOf(this.family, this.#rows, found);
  }

  /** The next moment at which `takeDue` has something to do, Unix seconds; undefined: none. */
  get nextDueUnix(): number | undefined {
    const { queue, wakes } = this.#rows;
    const next = Math.min(queue.nextUnix, wakes.nextUnix);
    return next === NEVER ? undefined : next;
  }

  /**
   * Ends what is over, takes out of the digest what is about to end, and forgets what need not be
   * remembered: `limit` registers at most. To be called until it returns undefined.
   * @returns addresses whose ban has ended, or of which somebody wanted to hear (`wakeAt`); there may be
   *   none among those that were due
   */
  takeDue(nowMs: number, limit: number): AddressColumns | undefined {
    const rows = this.#rows;
    const nowUnix = nowMs / 1000;
    rows.nowIs(nowUnix);
    if (Math.min(rows.queue.nextUnix, rows.wakes.nextUnix) > nowUnix) return undefined;
    const ended = new AddressList(this.family, rows.addresses, limit);
    let taken = 0;
    // Before what is forgotten takes their addresses with it.
    for (; taken < limit && rows.wakes.nextUnix <= nowUnix; taken++) {
      ended.push(rows.wakes.nextRow);
      rows.wakes.remove(rows.wakes.nextRow);
    }
    for (; taken < limit && rows.queue.nextUnix <= nowUnix; taken++) {
      const register = rows.queue.nextRow;
      if (rows.advance(register)) ended.push(rows.registers.address(register));
      rows.forgetOrRefile(register);
    }
    return ended.columns();
  }

  /**
   * Says what the set gives an entry that names no end (0: for ever; undefined: it knows no timeouts),
   * now and for what is merged from now on. What was merged before is settled `limit` registers at a
   * time: to be called until it returns undefined.
   * @returns addresses whose ban has got another end; there may be none among those looked at
   */
  settleDefault(
    defaultTimeoutSeconds: number | undefined,
    nowMs: number,
    limit: number,
  ): AddressColumns | undefined {
    const rows = this.#rows;
    const { registers } = rows;
    this.#merge.defaultTimeoutSeconds = defaultTimeoutSeconds;
    this.#merge.isDefaultKnown = true;
    if (rows.unsettled === 0) {
      this.#settledTo = 0;
      return undefined;
    }
    rows.nowIs(nowMs / 1000);
    const changed = new AddressList(this.family, rows.addresses, limit);
    for (let looked = 0; looked < limit && rows.unsettled > 0; looked++) {
      const register = this.#settledTo;
      this.#settledTo = register + 1 < registers.used ? register + 1 : 0;
      if (!registers.isLease(register) || registers.until(register) !== AS_THE_SET_SAYS) continue;
      const address = registers.address(register);
      const before = this.end(address);
      rows.unplace(register);
      registers.setUntil(register, settledUntil(registers.stamp(register), defaultTimeoutSeconds));
      rows.place(register);
      if (this.end(address) !== before) changed.push(address);
    }
    return changed.columns();
  }

  /** All registers of the page, 4,096 at a time; see `Ledger.registers`. */
  registers(): Generator<RegisterColumns> {
    return readRegisters(this.family, this.#rows);
  }

  /** Rows of registers that are in use and no past leases, at most 4,096 at a time. */
  *registerRows(): Generator<number[]> {
    const { registers } = this.#rows;
    for (const rows of usedRows(this.#rows)) {
      yield rows.filter((row) => (registers.flags(row) & PAST) === 0);
    }
  }

  /** Registers by their rows; of rows that came free meanwhile, none. */
  registersOf(rows: readonly number[]): RegisterColumns {
    const { registers } = this.#rows;
    const used = rows.filter((row) => (registers.flags(row) & USED) !== 0);
    return columnsOf(this.family, this.#rows, used);
  }

  /** All registers of one bucket of the digest: 0 to 63 of group 0 to 63. */
  bucket(group: number, bucket: number): RegisterColumns {
    const wanted = new Uint8Array(BUCKETS);
    wanted[BUCKETS_PER_GROUP * group + bucket] = 1;
    const [columns] = readBuckets(this.family, this.#rows, wanted, Infinity);
    return columns ?? columnsOf(this.family, this.#rows, []);
  }

  /**
   * The registers of several buckets of the digest, some 4,096 at a time, in one pass.
   * @param wanted 1 at 64 × group + bucket of each that is wanted
   */
  buckets(wanted: Uint8Array): Generator<RegisterColumns> {
    return readBuckets(this.family, this.#rows, wanted);
  }

  /** Bytes of the typed arrays. */
  get byteLength(): number {
    return this.#rows.byteLength;
  }
}

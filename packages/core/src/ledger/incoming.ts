import {
  AS_THE_SET_SAYS,
  BAN,
  NO_END_NAMED,
  OWN_STAMP,
  type EntryColumns,
} from '../message/entry-columns.js';
import { endOf } from '../lease/register.js';
import { isRegisterColumns } from '../lease/register-columns.js';
import { NO_LEASE, SWEEP, WITHDRAWAL } from './register-rows.js';

/** The entry that is being merged: one object for all, filled in turn. */
export class Incoming {
  /** `OWN_STAMP`, `NO_END_NAMED`, `WITHDRAWAL` and `SWEEP`. */
  flags = 0;
  /** Of origin and reason, in the batch; 0: none. */
  originIndex = 0;
  reasonIndex = 0;
  /** Of a ban: as the columns have it; of an unban 0. */
  until = 0;
  stamp = 0;
  keepUntil = 0;

  #originNames: readonly string[] = [];
  #reasonTexts: readonly string[] = [];
  #keepUntils: Float64Array | undefined;

  /** Starts on a batch. */
  begin(columns: EntryColumns): void {
    this.#originNames = columns.originNames;
    this.#reasonTexts = columns.reasonTexts;
    this.#keepUntils = isRegisterColumns(columns) ? columns.keepUntils : undefined;
  }

  get origin(): string {
    return this.#originNames[this.originIndex] ?? '';
  }

  get reason(): string {
    return this.#reasonTexts[this.reasonIndex] ?? '';
  }

  read(columns: EntryColumns, index: number): void {
    const origin = columns.origins[index] ?? 0;
    const isBan = columns.actions[index] === BAN;
    const until = columns.untils[index] ?? 0;
    let flags = (columns.flags[index] ?? 0) & (OWN_STAMP | NO_END_NAMED);
    if (isBan) {
      if (until === AS_THE_SET_SAYS) flags |= NO_END_NAMED;
    } else {
      flags = (flags & OWN_STAMP) | (origin === 0 ? SWEEP : WITHDRAWAL);
    }
    this.flags = flags;
    this.originIndex = origin;
    this.reasonIndex = isBan ? (columns.reasons[index] ?? 0) : 0;
    this.until = isBan ? until : 0;
    this.stamp = columns.stamps[index] ?? 0;
    this.keepUntil = this.#keepUntils?.[index] ?? 0;
  }

  get isLease(): boolean {
    return (this.flags & NO_LEASE) === 0;
  }

  /** For how long whatever supersedes or has ended this must be remembered for its sake. */
  get outlasts(): number {
    return this.isLease ? Math.max(endOf(this.until), this.keepUntil) : this.keepUntil;
  }
}

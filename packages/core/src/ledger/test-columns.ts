/** Registers as columns and back, for tests. */
import type { Address, Family } from '../address/address.js';
import { addressAt } from '../address/address-columns.js';
import { parseAddress } from '../address/parse.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import type { Register } from '../lease/register.js';
import { EntryBatch } from '../message/entry-batch.js';
import { AS_THE_SET_SAYS, BAN, NO_END_NAMED, OWN_STAMP, UNBAN } from '../message/entry-columns.js';

export interface Entry {
  readonly address: Address;
  readonly register: Register;
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

/** Entries of one family. */
export function columnsOf(family: Family, entries: readonly Entry[]): RegisterColumns {
  const batch = new EntryBatch(family);
  for (const { address, register } of entries) {
    const { kind, ownStamp, asked, origin, until, stamp, reason } = register;
    const noEnd = kind === 'lease' && asked === AS_THE_SET_SAYS;
    batch.push(address, {
      action: kind === 'lease' ? BAN : UNBAN,
      flags: (ownStamp ? OWN_STAMP : 0) + (noEnd ? NO_END_NAMED : 0),
      ...{ origin, until, stamp, reason, message: 0, place: 0 },
    });
  }
  const { length, words, prefixLengths, actions, flags, origins, untils, stamps, reasons } = batch;
  const { originNames, reasonTexts } = batch;
  const keepUntils = Float64Array.from(entries, ({ register }) => register.keepUntil);
  return {
    ...{ family, length, words, prefixLengths, actions, flags, origins, untils, stamps, reasons },
    ...{ originNames, reasonTexts, keepUntils },
  };
}

export function entriesOf(columns: RegisterColumns): Entry[] {
  const { length, originNames, reasonTexts } = columns;
  const numbers = (column: keyof RegisterColumns, index: number): number =>
    Number((columns[column] as Float64Array)[index]);
  return Array.from({ length }, (_, index) => {
    const flags = numbers('flags', index);
    const origin = originNames[numbers('origins', index)] ?? 'no such origin';
    const until = numbers('untils', index);
    const isBan = numbers('actions', index) === BAN;
    const register: Register = {
      kind: isBan ? 'lease' : origin === '' ? 'sweep' : 'withdrawal',
      origin,
      stamp: numbers('stamps', index),
      ownStamp: (flags & OWN_STAMP) !== 0,
      asked: (flags & NO_END_NAMED) === 0 ? until : AS_THE_SET_SAYS,
      until,
      reason: reasonTexts[numbers('reasons', index)] ?? 'no such reason',
      keepUntil: numbers('keepUntils', index),
    };
    return { address: addressAt(columns, index), register };
  });
}

import { selectAddresses, type AddressColumns } from '../address/address-columns.js';
import type { JournalPiece, LedgerStore } from '../journal/store.js';
import { isRegisterColumns, type RegisterColumns } from '../lease/register-columns.js';
import type { EntryColumns } from '../message/entry-columns.js';

/** A store in memory that outlives the node, as the one on disk does. */
export interface MemoryStore extends LedgerStore {
  touchedUnix: number | undefined;
  /** Everything that was appended or put in its place, in order. */
  readonly pieces: readonly JournalPiece[];
  /** Thrown by what is to be kept, while it is there: a disk that is full. */
  failure: Error | undefined;
}

/** Makes a store that is as durable as the test's process. */
export function createMemoryStore(): MemoryStore {
  let pieces: JournalPiece[] = [];
  const keep = (piece: JournalPiece): void => {
    if (store.failure) throw store.failure;
    pieces.push(piece);
  };
  const store: MemoryStore = {
    durable: true,
    failure: undefined,
    touchedUnix: undefined,
    get pieces() {
      return pieces;
    },
    touch(nowUnix) {
      if (store.failure) return Promise.reject(store.failure);
      store.touchedUnix = nowUnix;
      return Promise.resolve();
    },
    load(visitor) {
      for (const piece of pieces) {
        if (piece.note === undefined) visitor.entries(piece.set, piece.columns);
        else visitor[piece.note](piece.set, piece.columns);
      }
      const records = pieces.reduce((sum, { columns }) => sum + columns.length, 0);
      return Promise.resolve({
        records,
        appended: records,
        tornBytes: 0,
        damage: undefined,
        takenOver: undefined,
      });
    },
    append(set, columns, wanted) {
      keep({ set, columns: copyEntries(columns, wanted) });
    },
    note(set, note, columns) {
      const all = Array.from({ length: columns.length }, (_, index) => index);
      keep({ set, note, columns: selectAddresses(columns, all) });
    },
    together(work) {
      work();
    },
    replace(replacing) {
      if (store.failure) return Promise.reject(store.failure);
      pieces = [...replacing];
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return store;
}

function copyEntries(columns: EntryColumns, wanted: Uint8Array | undefined): RegisterColumns {
  const chosen: number[] = [];
  for (let index = 0; index < columns.length; index++) {
    if (wanted?.[index] !== 0) chosen.push(index);
  }
  const addresses: AddressColumns = selectAddresses(columns, chosen);
  const pick = <Column extends Uint8Array | Uint32Array | Float64Array>(column: Column): Column => {
    const picked = column.slice(0, chosen.length) as Column;
    chosen.forEach((index, at) => (picked[at] = column[index] ?? 0));
    return picked;
  };
  return {
    ...addresses,
    actions: pick(columns.actions),
    flags: pick(columns.flags),
    origins: pick(columns.origins),
    untils: pick(columns.untils),
    stamps: pick(columns.stamps),
    reasons: pick(columns.reasons),
    keepUntils: isRegisterColumns(columns)
      ? pick(columns.keepUntils)
      : new Float64Array(chosen.length),
    originNames: [...columns.originNames],
    reasonTexts: [...columns.reasonTexts],
  };
}

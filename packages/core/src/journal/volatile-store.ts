import type { LedgerStore } from './store.js';

/** Keeps nothing: the ledger lives as long as the process. */
export function createVolatileStore(): LedgerStore {
  const nothing = {
    records: 0,
    appended: 0,
    damage: undefined,
    tornBytes: 0,
    takenOver: undefined,
  };
  return {
    durable: false,
    load: () => Promise.resolve(nothing),
    append: () => undefined,
    note: () => undefined,
    together: (work) => {
      work();
    },
    replace: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

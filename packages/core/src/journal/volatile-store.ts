import type { LedgerRecord } from '../ledger/record.js';
import type { LedgerStore } from './store.js';

/** Keeps nothing: the ledger lives as long as the process. */
export function createVolatileStore(): LedgerStore {
  return {
    durable: false,
    load: () => Promise.resolve([]),
    append: (_records: readonly LedgerRecord[]) => undefined,
    replace: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

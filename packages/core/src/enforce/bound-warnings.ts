import { refusalOf, type LedgerRefusal } from '../ledger/outcomes.js';

const SENTENCES: Readonly<Record<LedgerRefusal, string>> = {
  'too-many-leases': 'one address is asked for by more origins than are remembered: the youngest stay',
  'too-many-leases-in-all': 'the ledger holds as many leases as it may, and takes no more',
  'too-many-origins': 'the ledger knows as many origins as it may, and takes no new ones',
  'too-many-reasons': 'the ledger knows as many different reasons as it may, and takes no new ones',
};

/** Says once that a bound of the ledger has been reached, however often it is. */
export class BoundWarnings {
  readonly #said = new Set<LedgerRefusal>();

  constructor(private readonly warn: (sentence: string) => void) {}

  /** Looks through outcomes of `Page.merge`. */
  count(outcomes: Uint8Array): void {
    for (const outcome of outcomes) {
      const refusal = refusalOf(outcome);
      if (refusal === undefined || this.#said.has(refusal)) continue;
      this.#said.add(refusal);
      this.warn(SENTENCES[refusal]);
    }
  }
}

import {
  ADDED_OUSTING,
  TOO_MANY_IN_ALL,
  TOO_MANY_LEASES,
  TOO_MANY_ORIGINS,
  TOO_MANY_REASONS,
} from '../lease/outcome.js';
import type { BoundReason } from './report.js';

/** A bound of the ledger. */
export type LedgerBound = Exclude<BoundReason, 'cover-exceeded'>;

const REFUSALS: ReadonlyMap<number, LedgerBound> = new Map([
  [TOO_MANY_LEASES, 'too-many-leases'],
  [TOO_MANY_IN_ALL, 'too-many-leases-in-all'],
  [TOO_MANY_ORIGINS, 'too-many-origins'],
  [TOO_MANY_REASONS, 'too-many-reasons'],
]);

/** Which bound an outcome of `Page.merge` says was met, so that the entry was not taken. */
export function refusalOf(outcome: number): LedgerBound | undefined {
  return REFUSALS.get(outcome);
}

const SENTENCES: Readonly<Record<LedgerBound, string>> = {
  'too-many-leases':
    'more origins than are remembered of one address have asked for this one since',
  'too-many-leases-in-all': 'the ledger is full: it holds as many leases as it may',
  'too-many-origins': 'the ledger knows as many origins as it may',
  'too-many-reasons': 'the ledger knows as many different reasons as it may',
};

export function describeBound(bound: LedgerBound): string {
  return SENTENCES[bound];
}

/** Says once that a bound has been reached, however often it is. */
export class BoundWarnings {
  readonly #said = new Set<LedgerBound>();

  constructor(private readonly warn: (sentence: string) => void) {}

  /** Looks through outcomes of `Page.merge`. */
  count(outcomes: Uint8Array): void {
    for (const outcome of outcomes) {
      const bound = outcome === ADDED_OUSTING ? 'too-many-leases' : refusalOf(outcome);
      if (bound === undefined || this.#said.has(bound)) continue;
      this.#said.add(bound);
      this.warn(`${SENTENCES[bound]}: what goes beyond it is refused; this is said only once`);
    }
  }
}

import { addressAt } from '../address/address-columns.js';
import {
  APPLIED,
  FAILED,
  type ChangeColumns,
  type ChangeFailure,
  type ChangeFault,
  type ChangeVerdicts,
} from './backend.js';
import { explainFault } from './explain-fault.js';

/** Their words do not name the address: one object serves for all that fail so. */
const WITHOUT_ADDRESS: ReadonlySet<ChangeFault> = new Set([
  'set-missing',
  'set-full',
  'timeout-unsupported',
  'unsupported-type',
  'permission-denied',
]);

/** `outcomes`, within a backend: there is no verdict yet. */
export const PENDING = 0xff;

/** Verdicts on columns, filled in by a backend: `APPLIED`, unless it says otherwise. */
export class ColumnVerdicts implements ChangeVerdicts {
  readonly outcomes: Uint8Array;
  readonly failures = new Map<number, ChangeFailure>();
  readonly #columns: ChangeColumns;
  #shared: Map<string, ChangeFailure> | undefined;

  /** @param initial `APPLIED` or `PENDING` */
  constructor(columns: ChangeColumns, initial = APPLIED) {
    this.#columns = columns;
    this.outcomes = new Uint8Array(columns.length);
    if (initial !== APPLIED) this.outcomes.fill(initial);
  }

  isPending(index: number): boolean {
    return this.outcomes[index] === PENDING;
  }

  /** @param detail default: the words that all backends use */
  fail(index: number, fault: ChangeFault, detail?: string): void {
    this.outcomes[index] = FAILED;
    this.failures.set(index, this.#failure(index, fault, detail));
  }

  #failure(index: number, fault: ChangeFault, detail: string | undefined): ChangeFailure {
    const isShared = detail !== undefined || WITHOUT_ADDRESS.has(fault);
    if (!isShared) return { fault, detail: this.#explain(index, fault) };
    const key = `${fault} ${detail ?? ''}`;
    const known = this.#shared?.get(key);
    if (known !== undefined) return known;
    const failure = { fault, detail: detail ?? this.#explain(index, fault) };
    (this.#shared ??= new Map()).set(key, failure);
    return failure;
  }

  #explain(index: number, fault: ChangeFault): string {
    const { set } = this.#columns;
    return explainFault({ set, address: addressAt(this.#columns, index) }, fault);
  }
}

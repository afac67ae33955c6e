import type { AddressText } from '../address/address.js';
import { addressTextAt } from '../address/address-columns.js';
import { banUntil } from '../lease/lease.js';
import { describeObserved, describePolicy, untilOf } from './describe-decision.js';
import { FLAG } from '../plan/set-plan.js';
import type { Until } from '../message/command.js';
import type { RefusalReason } from '../policy/refusal-reason.js';
import type { SetName } from '../words/names.js';
import { compareRecords, leaseRecordAt, type LeaseRecord } from './lease-record.js';
import type { BoundReason } from './report.js';
import type { Upkeep } from './upkeep.js';

/** What a node does about a ban that its ledger holds. */
export type Enforcement =
  /** The kernel set holds it. */
  | {
      readonly state: 'enforced';
      readonly kernelSet: SetName;
      /** What the set's policy has made of it: `widened to 203.0.113.0/24`. */
      readonly detail?: string;
    }
  /** An entry of somebody else stands in its place, and blocks the address as well. */
  | { readonly state: 'held-by-other'; readonly kernelSet: SetName }
  /** It is on its way into the set, or waits for the set to be there, or to have room. */
  | { readonly state: 'pending'; readonly kernelSet: SetName; readonly detail: string }
  /** Not enforced here: policy, a bound, or the set does not take it. */
  | {
      readonly state: 'refused';
      readonly code: RefusalReason | BoundReason | 'set-cannot-hold';
      readonly detail: string;
    };

/** All that a node knows of one address or prefix in one set. */
export interface Standing {
  readonly set: SetName;
  readonly address: AddressText;
  /** How it lies to what was asked about. */
  readonly relation:
    | 'same'
    | 'around'
    | 'inside'
    /** Its ban is widened to a network in which what was asked about lies too. */
    | 'beside';
  /**
   * Topic prefixes by which bans come into the set, where it is known; by which of several one came is not
   * remembered.
   */
  readonly topics?: readonly string[];
  /** What lives first, what lasts longest of that, then the youngest. */
  readonly records: readonly LeaseRecord[];
  /** When the ban ends; undefined: there is none, only what was withdrawn or is over. */
  readonly until?: Until;
  /** Of a ban. */
  readonly enforcement?: Enforcement;
}

/** @param head a row of the upkeep's page */
export function standingAt(
  upkeep: Upkeep,
  head: number,
  relation: Standing['relation'],
  nowUnix: number,
): Standing {
  const { page, set } = upkeep;
  const columns = page.registersAt(head);
  const records: LeaseRecord[] = [];
  for (let index = 0; index < columns.length; index++) {
    records.push(leaseRecordAt(set, columns, index, nowUnix));
  }
  records.sort(compareRecords);
  const address = addressTextAt(page.columns, head);
  const isProlonged = upkeep.ends.move && upkeep.ends.decide(head).end !== 0;
  if (!page.isBan(head) && !isProlonged) return { set, address, relation, records };
  const live = records.filter(({ live }) => live);
  const until = isProlonged
    ? untilOf(upkeep.ends.of(head))
    : banUntil(live.map((record) => ({ until: record.until ?? 'default' })));
  const enforcement = enforcementOf(upkeep, head);
  return { set, address, relation, records, until, enforcement };
}

function enforcementOf(upkeep: Upkeep, head: number): Enforcement {
  const { page, plan, target } = upkeep;
  if (!target.ok) {
    return { state: 'refused', code: target.reason, detail: target.detail };
  }
  const kernelSet = target.value;
  const { columns } = page;
  const row = upkeep.rows.find(columns, head);
  // The entry may be wanted for another address of its network.
  if (row < 0 || upkeep.followed(columns, head) === 0) {
    const refusal = upkeep.refusal(columns, head);
    if (refusal !== undefined) return { state: 'refused', ...refusal };
    return { state: 'pending', kernelSet, detail: 'it is being taken into the plan' };
  }
  if (upkeep.observes) {
    const detail = describeObserved('ban', untilOf(upkeep.ends.of(head)));
    return { state: 'refused', code: 'observe', detail };
  }
  if (plan.has(row, FLAG.FOREIGN)) return { state: 'held-by-other', kernelSet };
  if (plan.has(row, FLAG.IMPOSSIBLE)) {
    const detail = `set ${kernelSet} as it is can never hold it`;
    return { state: 'refused', code: 'set-cannot-hold', detail };
  }
  const state = upkeep.watch.state(kernelSet);
  if (state.state !== 'ready') {
    const detail = state.state === 'unknown' ? `set ${kernelSet} was not looked at` : state.detail;
    return { state: 'pending', kernelSet, detail };
  }
  if ((plan.held[row] ?? 0) !== 0) {
    const detail = describePolicy(upkeep, head);
    return { state: 'enforced', kernelSet, ...(detail === undefined ? {} : { detail }) };
  }
  const detail = plan.has(row, FLAG.WAITING)
    ? `set ${kernelSet} is full`
    : `it is on its way into set ${kernelSet}`;
  return { state: 'pending', kernelSet, detail };
}

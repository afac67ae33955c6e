import type { Address } from '../address/address.js';
import {
  addressRange,
  rangeAddresses,
  rangePrefixes,
  rangeSize,
  type AddressRange,
} from '../address/range.js';
import type { SetName } from '../words/names.js';
import type { Result } from '../words/result.js';
import type { Change, ChangeReport } from './backend.js';
import { failedChange } from './explain-fault.js';
import { reportThrown } from './report-thrown.js';

/** A set that takes single addresses only holds each of a range: as many as a bitmap:ip can. */
const MAX_SINGLES = 65_536n;

type Apply = (changes: readonly Change[]) => Promise<ChangeReport[]>;

/**
 * Applies changes of which some are ranges: to `apply` they go as what the set can hold, and one
 * verdict comes back for each.
 *
 * @param typeOf asks what a set is, such as `hash:net`; undefined: missing
 */
export async function applyRanges(
  changes: readonly Change[],
  typeOf: (set: SetName) => Promise<string | undefined>,
  apply: Apply,
): Promise<ChangeReport[]> {
  // Nearly every call: the whole cost of not having ranges.
  if (!changes.some(isRange)) return apply(changes);

  const pieces: Change[] = [];
  const parts: (Part | ChangeReport)[] = [];
  for (const change of changes) {
    const split = await splitChange(change, typeOf);
    if ('outcome' in split) {
      parts.push(split);
      continue;
    }
    parts.push({ change, start: pieces.length, end: pieces.length + split.length });
    for (const piece of split) pieces.push(piece);
  }
  const verdicts = await apply(pieces);
  return parts.map((part) =>
    'outcome' in part ? part : summarize(part, verdicts.slice(part.start, part.end)),
  );
}

/** Where the pieces of a change are. */
interface Part {
  readonly change: Change;
  readonly start: number;
  readonly end: number;
}

function isRange({ to }: Change): boolean {
  return to !== undefined;
}

async function splitChange(
  change: Change,
  typeOf: (set: SetName) => Promise<string | undefined>,
): Promise<readonly Change[] | ChangeReport> {
  const { to, ...plain } = change;
  if (to === undefined) return [change];
  const range = addressRange(change.address, to);
  if (!range.ok) return failedChange(change, 'unstorable', range.detail);
  let type: string | undefined;
  try {
    type = await typeOf(change.set);
  } catch (error) {
    return reportThrown(change, error);
  }
  const addresses = addressesOf(range.value, type);
  if (!addresses.ok) {
    const { set } = change;
    return failedChange(change, addresses.reason, `set ${set} is a ${type}: ${addresses.detail}`);
  }
  return addresses.value.map((address) => ({ ...plain, address }));
}

/** Of a set that is missing or none of ours the backend says so itself. */
function addressesOf(
  range: AddressRange,
  type: string | undefined,
): Result<readonly Address[], 'unstorable'> {
  if (type !== 'hash:ip' && type !== 'bitmap:ip') {
    return { ok: true, value: rangePrefixes(range) };
  }
  if (rangeSize(range) <= MAX_SINGLES) return { ok: true, value: rangeAddresses(range) };
  const detail =
    `it would hold each of the ${rangeSize(range)} addresses of ` +
    `${range.first.text}-${range.last.text}; a hash:net holds so many as prefixes`;
  return { ok: false, reason: 'unstorable', detail };
}

/** Failed where a piece failed, unchanged where all of them are. */
function summarize({ change }: Part, verdicts: readonly ChangeReport[]): ChangeReport {
  const failed = verdicts.flatMap((verdict) => (verdict.outcome === 'failed' ? [verdict] : []));
  const [first] = failed;
  if (first !== undefined) {
    if (verdicts.length === 1) return first;
    const count = `${failed.length} of the ${verdicts.length} entries that make up the range failed`;
    return failedChange(change, first.fault, `${count}, the first: ${first.detail}`);
  }
  const changed = verdicts.some(({ outcome }) => outcome === 'applied');
  return { outcome: changed ? 'applied' : 'unchanged' };
}

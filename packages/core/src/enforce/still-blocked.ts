import { addressAt, wordsPerAddress, type AddressColumns } from '../address/address-columns.js';
import { addressWidth } from '../address/address.js';
import { NEVER } from '../message/entry-columns.js';
import { maskWords } from '../plan/mask-words.js';
import { FLAG } from '../plan/set-plan.js';
import { sourceOf } from './folded-addresses.js';
import type { CoveringBan } from './report.js';
import type { Upkeep } from './upkeep.js';

/** A few prefixes in one another tell the story. */
const MOST_TOLD = 5;

/**
 * The banned prefixes that an address lies in, the narrowest first: who lifts the ban of the address alone
 * has not let it in. At most one look-up a prefix length, and none where no prefix is banned.
 */
export function stillBlockedBy(
  upkeep: Upkeep,
  columns: AddressColumns,
  index: number,
  nowUnix: number,
): CoveringBan[] {
  const found: CoveringBan[] = [];
  if (!upkeep.hasPrefixes) return found;
  const { family, plan } = upkeep;
  const perAddress = wordsPerAddress(family);
  const masked = new Uint32Array(perAddress);
  const from = (columns.prefixLengths[index] ?? addressWidth(family)) - 1;
  for (let length = from; length >= 0 && found.length < MOST_TOLD; length--) {
    maskWords(columns.words, index * perAddress, perAddress, length, masked);
    const row = plan.table.find(masked, 0, length);
    if (row < 0 || (plan.wanted[row] ?? 0) <= nowUnix) continue;
    // What the kernel has ended by itself is still written down until it is looked for.
    if ((plan.held[row] ?? 0) <= nowUnix && !plan.has(row, FLAG.FOREIGN)) continue;
    found.push(describe(upkeep, row));
  }
  return found;
}

function describe(upkeep: Upkeep, row: number): CoveringBan {
  const { page, plan } = upkeep;
  const { columns, index } = sourceOf(upkeep, row);
  const head = page.findAt(columns, index);
  // The longest of them is what keeps the ban.
  const [lease] = head < 0 ? [] : page.leases(head);
  const end = plan.wanted[row] ?? 0;
  const { origin = '', until = end === NEVER ? 'never' : end } = lease ?? {};
  const address = addressAt(plan.table.columns, row).text;
  return origin === '' ? { address, until } : { address, origin, until };
}

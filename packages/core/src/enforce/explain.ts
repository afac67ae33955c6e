import { wordsPerAddress, writeWords } from '../address/address-columns.js';
import { addressWidth, type Address, type AddressText } from '../address/address.js';
import type { Page } from '../ledger/page.js';
import { maskWords } from '../plan/mask-words.js';
import { PROTECT_SET } from '../policy/fleet-protection.js';
import { TimeSlice } from '../system/time-slice.js';
import { foldedWith } from './folded-addresses.js';
import { FleetEntry } from './fleet-entry.js';
import type { LeaseRecord } from './lease-record.js';
import { nowUnix } from './now-unix.js';
import { rowsAround } from './rows-around.js';
import { standingAt, type Standing } from './standing.js';
import type { EnforceContext } from './enforce-context.js';
import type { Upkeep } from './upkeep.js';

const STRIDE = 512;
/** Of what lies inside a prefix, so much is told. */
const MOST_INSIDE = 100;

/** What a node knows and does about an address or prefix. */
export interface Explanation {
  readonly address: AddressText;
  /**
   * A kernel set of this node holds the address, or a prefix around it. Whether a rule drops what the set
   * holds is another question.
   */
  readonly blocked: boolean;
  /**
   * Nobody can ban it here: by which entry, and why that is protected. `leases`: of the fleet's protect
   * list, who asked for it, what lasts longest first.
   */
  readonly protected?: {
    readonly address: AddressText;
    readonly because: string;
    readonly leases?: readonly LeaseRecord[];
  };
  /** Of each set: what lies around it, the widest first, itself, and what lies inside. */
  readonly standings: readonly Standing[];
  /** How many more lie inside than are told. */
  readonly more: number;
}

/**
 * Looks an address up in some sets.
 *
 * @param upkeeps of the sets, and of the family of the address
 */
export async function explain(
  address: Address,
  upkeeps: readonly Upkeep[],
  { clock, policy }: Pick<EnforceContext, 'clock' | 'policy'>,
): Promise<Explanation> {
  const standings: Standing[] = [];
  let more = 0;
  let blocked = false;
  for (const upkeep of upkeeps) {
    const now = nowUnix(clock);
    const tell = (head: number, relation: Standing['relation']): void => {
      const standing = standingAt(upkeep, head, relation, now);
      standings.push(standing);
      blocked ||= isInSet(standing) && coversAll(upkeep, head, address);
    };
    const around = rowsAround(upkeep.page, address);
    for (const head of around) {
      const isSame = upkeep.page.prefixLengths[head] === address.prefixLength;
      tell(head, isSame ? 'same' : 'around');
    }
    if (upkeep.rows.widen !== undefined) {
      for (const head of foldedWith(upkeep, address, MOST_INSIDE)) {
        if (!isWithin(upkeep.page, head, address) && !around.includes(head)) tell(head, 'beside');
      }
    }
    const inside = await rowsInside(upkeep.page, address);
    for (const head of inside.slice(0, MOST_INSIDE)) tell(head, 'inside');
    more += Math.max(0, inside.length - MOST_INSIDE);
  }
  const conflict = policy.protectList.conflict(address);
  const leases = conflict instanceof FleetEntry ? conflict.leases : undefined;
  return {
    address: address.text,
    blocked,
    ...(conflict === undefined
      ? {}
      : {
          protected: {
            ...{ address: conflict.address.text, because: conflict.because },
            ...(leases === undefined ? {} : { leases }),
          },
        }),
    standings,
    more,
  };
}

function isInSet({ set, enforcement }: Standing): boolean {
  if (set === PROTECT_SET) return false;
  return enforcement?.state === 'enforced' || enforcement?.state === 'held-by-other';
}

/** Whether what is banned for a row of the page is all of a prefix that has to do with it, and not a part. */
function coversAll({ page, rows }: Upkeep, head: number, address: Address): boolean {
  return rows.lengthAt(page.columns, head) <= address.prefixLength;
}

/** Whether a row of the page lies inside a prefix. */
function isWithin({ family, words, prefixLengths }: Page, head: number, address: Address): boolean {
  if ((prefixLengths[head] ?? 0) < address.prefixLength) return false;
  const count = wordsPerAddress(family);
  const wanted = new Uint32Array(count);
  const masked = new Uint32Array(count);
  writeWords(address, wanted, 0);
  maskWords(words, head * count, count, address.prefixLength, masked);
  return masked.every((word, part) => word === wanted[part]);
}

/** The rows of what lies inside a prefix, in no order: a look at every row, which breathes. */
async function rowsInside(page: Page, address: Address): Promise<number[]> {
  if (address.prefixLength === addressWidth(address.family)) return [];
  const count = wordsPerAddress(page.family);
  const wanted = new Uint32Array(count);
  const masked = new Uint32Array(count);
  writeWords(address, wanted, 0);
  const rows: number[] = [];
  const slice = new TimeSlice();
  for (let row = 0; row < page.rowCount; row++) {
    if (row % STRIDE === 0 && slice.isOver) await slice.breathe();
    if ((page.prefixLengths[row] ?? 0) <= address.prefixLength || !page.isKnown(row)) continue;
    maskWords(page.words, row * count, count, address.prefixLength, masked);
    if (masked.every((word, part) => word === wanted[part])) rows.push(row);
  }
  return rows;
}

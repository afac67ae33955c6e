import { addressAt, wordsPerAddress } from '../address/address-columns.js';
import { isSingleAddress } from '../address/address.js';
import type { ProtectList } from '../policy/protect-list.js';
import { FLAG } from '../plan/set-plan.js';
import { TimeSlice } from '../system/time-slice.js';
import { rowsAround } from './rows-around.js';
import { Telling, type Audience } from './telling.js';
import { NOT_ALLOWED, type Upkeep } from './upkeep.js';

const STRIDE = 512;
/** Looking for so many single addresses is cheaper than a look at every ban. */
const FEW = 256;

/**
 * Takes every ban of a page into its plan anew: the policy is another one, or the ledger has just been
 * read. Tells the bans that policy does not allow any more.
 *
 * @param via what is said to have refused them
 * @param changed what is protected now and was not, or was and is not, where that is all that is new: then
 *   the bans of a million others need no decision
 * @returns how many are to be lifted
 */
export async function reconsider(
  upkeep: Upkeep,
  audience: Audience,
  via: string,
  changed?: ProtectList,
): Promise<number> {
  const refused: number[] = [];
  const refuse = (row: number): void => {
    refused.push(row);
  };
  if (changed === undefined) await followAll(upkeep, refuse);
  else if (isQuicklyFound(upkeep, changed)) {
    for (const { address } of changed.entries) {
      for (const head of rowsAround(upkeep.page, address)) followAnew(upkeep, head, refuse);
    }
  } else if (changed.entries.some(({ address }) => address.family === upkeep.family)) {
    await followAll(upkeep, refuse, changed);
  }
  const { set } = upkeep;
  const target = upkeep.target;
  const name = target.ok ? target.value : set;
  const telling = new Telling(via, name, refused.length, audience, 'entry');
  for (const row of refused) {
    const { columns } = upkeep.page;
    const refusal = upkeep.refusal(columns, row);
    if (!telling.wants('refused', 'ban', refusal?.code ?? 'protected')) continue;
    const address = addressAt(columns, row).text;
    const { code = 'protected', detail = 'policy does not allow it' } = refusal ?? {};
    telling.tell({ via, set: name, address, outcome: 'refused', code, detail }, 0);
  }
  return refused.length;
}

/** Where a set folds addresses into networks, others than those around an address concern it. */
function isQuicklyFound({ fold }: Upkeep, { entries }: ProtectList): boolean {
  if (fold !== undefined || entries.length > FEW) return false;
  return entries.every(({ address }) => isSingleAddress(address));
}

/**
 * Follows every ban of a page, and queues what differs by it.
 *
 * @param refused hears of rows of the page that the set may hold, and that policy does not allow
 * @param only bans that would cover something of this list; default: all
 */
export async function followAll(
  upkeep: Upkeep,
  refused: (row: number) => void = () => undefined,
  only?: ProtectList,
): Promise<void> {
  const { page, family } = upkeep;
  const count = wordsPerAddress(family);
  const slice = new TimeSlice();
  for (let head = 0; head < page.rowCount; head++) {
    if (head % STRIDE === 0 && slice.isOver) await slice.breathe();
    if (only !== undefined) {
      const width = upkeep.coveredLength(page.prefixLengths[head] ?? 0);
      if (only.conflictAt(family, page.words, head * count, width) === undefined) continue;
    }
    followAnew(upkeep, head, refused);
  }
}

function followAnew(upkeep: Upkeep, head: number, refused: (row: number) => void): void {
  const { page, plan } = upkeep;
  if (!page.isKnown(head)) return;
  const end = upkeep.ends.of(head);
  const { columns } = page;
  const followed = upkeep.followed(columns, head);
  if (end === 0 && followed === 0) return;
  const known = upkeep.rows.find(columns, head);
  const before = known < 0 ? 0 : (plan.wanted[known] ?? 0);
  const row = upkeep.follow(columns, head, end);
  if (row === NOT_ALLOWED) {
    if (known >= 0 && (followed !== 0 || plan.has(known, FLAG.MAYBE))) upkeep.enqueueFirst(known);
    else if (followed === 0) return;
    refused(head);
  } else if (row >= 0 && before !== plan.wanted[row] && !plan.has(row, FLAG.MAYBE)) {
    // What the set may hold already is left to the comparison of the set.
    upkeep.enqueue(row);
    if (before === 0) plan.mark(row, FLAG.NOTED);
  }
}

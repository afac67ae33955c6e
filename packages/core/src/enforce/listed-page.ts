import type { AddressColumns } from '../address/address-columns.js';
import type { Page } from '../ledger/page.js';
import { describeHere } from './describe-decision.js';
import type { Upkeep } from './upkeep.js';

/** A page whose leases are listed. */
export interface ListedPage {
  readonly page: Page;
  /** Where the set has one. */
  readonly policy?: {
    /** Whether an address stays banned though its leases are over. */
    readonly lasts: (columns: AddressColumns, index: number) => boolean;
    /** What has become of its ban, for people; undefined: nothing beyond what its leases say. */
    readonly describe: (columns: AddressColumns, index: number) => string | undefined;
  };
}

export function listedPage(upkeep: Upkeep): ListedPage {
  const { page, ends } = upkeep;
  if (Object.keys(ends.policy).length === 0) return { page };
  return {
    page,
    policy: {
      lasts: (columns, index) => {
        const head = page.findAt(columns, index);
        return head >= 0 && ends.move && !page.isBan(head) && ends.decide(head).end !== 0;
      },
      describe: (columns, index) => {
        const head = page.findAt(columns, index);
        return head < 0 ? undefined : describeHere(upkeep, head);
      },
    },
  };
}

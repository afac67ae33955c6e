import type { Enforcer } from '../enforce/enforcer.js';
import type { Report } from '../enforce/report.js';
import { MOST_TOLD_ENTRIES, Telling, type Audience } from '../enforce/telling.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import type { SetName } from '../words/names.js';

/** How what other nodes knew is shown as a source. */
const VIA = 'repair';

/**
 * Takes what another node knows: into the ledger and the journal, and into the kernel as if it had been
 * published. Resolves once it is kept, and where the kernel answers at once, applied.
 *
 * @param purgesSinceMs sweeps that were asked for before this end leases and no more: what the kernel
 *   set holds beside them may have been put there since, by somebody else
 */
export async function takeRegisters(
  enforcer: Enforcer,
  set: SetName,
  columns: RegisterColumns,
  purgesSinceMs: number,
  audience: Audience,
): Promise<void> {
  const { length } = columns;
  const batch = { ...columns, messages: new Uint32Array(length), places: new Uint32Array(length) };
  const telling = new Telling(VIA, set, length, newsOnly(audience, length), 'entry');
  const { kept } = enforcer.submit([{ set, batch, tellings: [telling], purgesSinceMs }]);
  // Nobody acknowledges it, so the conditions of an acknowledgement do not matter.
  await kept.then(() => undefined);
}

/** A few bans that were missed are told one by one; of thousands, whoever took them tells how many. */
function newsOnly(audience: Audience, length: number): Audience {
  const tells = audience.all || length <= MOST_TOLD_ENTRIES;
  return {
    all: audience.all,
    report: (report) => {
      if (tells && isNews(report)) audience.report(report);
    },
    summary: () => undefined,
  };
}

function isNews(report: Report): boolean {
  switch (report.outcome) {
    case 'banned':
    case 'refused':
    case 'failed':
      return true;
    case 'unbanned':
      return !report.absent;
    default:
      return false;
  }
}

import type { Family } from '../address/address.js';
import type { SetInfo } from '../backend/backend.js';
import { listMembers } from '../backend/list-members.js';
import type { SetName } from '../words/names.js';
import { planReconcile, renewalUnix } from '../plan/plan-changes.js';
import { decideBan } from '../policy/decide-ban.js';
import type { ReconcileSummary } from './report.js';
import { clearBan, dropBan, isHopeless, liftBan } from './drop-ban.js';
import { kernelInfo, nowUnix, type EnforceContext } from './context.js';
import { settleDefault } from './settle-default.js';

/** Changes in one call of the backend. */
const BATCH = 5_000;

/** Brings the kernel set of one bound set and family to what the ledger says. */
export async function reconcile(
  context: EnforceContext,
  set: SetName,
  family: Family,
): Promise<ReconcileSummary | undefined> {
  const info = kernelInfo(context, set, family);
  if (!info) return undefined;
  const { backend, ledger, clock } = context;
  const members = (await listMembers(backend, info.set)).filter(({ exception }) => !exception);

  // From here to the first `await` the ledger stands still, so the plan and it agree.
  const now = nowUnix(clock);
  const page = ledger.page(set, family);
  settlePending(context, set, family, info, now);
  const changes = planReconcile(page, members, info, now);
  const changed = new Set(changes.map(({ address }) => address.text));
  let adopted = 0;
  for (const ban of page.bans.values()) {
    const { address } = ban;
    const renewal = renewalUnix(ban, now);
    if (renewal !== undefined) ledger.wakeAt(renewal, set, address);
    if (changed.has(address.text)) continue;
    ledger.confirm(set, address);
    adopted += 1;
  }
  for (const address of [...page.withdrawn.values()]) {
    if (changed.has(address.text)) continue;
    clearBan(context, set, address);
  }

  const summary: { -readonly [Key in keyof ReconcileSummary]: ReconcileSummary[Key] } = {
    set: info.set,
    adopted,
    added: 0,
    deleted: 0,
    failed: 0,
  };
  for (let start = 0; start < changes.length; start += BATCH) {
    const batch = changes.slice(start, start + BATCH);
    const reports = await backend.apply(batch);
    batch.forEach(({ op, address }, index) => {
      const report = reports[index];
      if (report === undefined || report.outcome === 'failed') {
        summary.failed += 1;
        if (report) summary.failure ??= report.detail;
        if (op === 'add' && report && isHopeless(report.fault)) dropBan(context, set, address);
        else if (op === 'add') ledger.doubt(set, address);
      } else if (op === 'add') {
        summary.added += 1;
        ledger.confirm(set, address);
      } else {
        summary.deleted += 1;
        clearBan(context, set, address);
      }
    });
  }
  return summary;
}

/** Decides again what was accepted before the set was known: its type, its netmask, its timeout. */
function settlePending(
  context: EnforceContext,
  set: SetName,
  family: Family,
  info: SetInfo,
  now: number,
): void {
  const page = context.ledger.page(set, family);
  for (const text of [...page.pending]) {
    const ban = page.bans.get(text);
    if (!ban) continue;
    const decision = decideBan(ban.address, context.policy, info);
    if (decision.ok) {
      settleDefault(context, set, ban, info, now);
      continue;
    }
    // Withdrawn, so that the plan takes it out where the set still holds it.
    liftBan(context, set, ban.address);
    context.report({
      via: 'reconcile',
      set: info.set,
      address: text,
      outcome: 'refused',
      code: decision.reason,
      detail: decision.detail,
    });
  }
}

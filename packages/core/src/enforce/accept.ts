import type { LedgerRecord } from '../ledger/store.js';
import { resolveDefault } from '../plan/plan-changes.js';
import { decideBan } from '../policy/decide-ban.js';
import type { Report } from '../report.js';
import { kernelSet, nowUnix, type EnforceContext } from './context.js';
import { entryFields, type Request, type Work } from './work.js';

/** What accepting a command comes to: a refusal at once, or a record to keep and work to do. */
export type Accepted =
  | { readonly refusal: Report }
  | { readonly record: LedgerRecord; readonly work: Omit<Work, 'finish'> };

/** Takes a command through policy into the ledger. Touches neither disk nor kernel. */
export function accept(request: Request, context: EnforceContext): Accepted {
  const { command } = request;
  const { set, address } = command;
  const target = kernelSet(context, set, address.family);
  const base = {
    set,
    address,
    request,
    ...(command.origin === undefined ? {} : { origin: command.origin }),
    ...(command.action === 'ban' && command.reason !== undefined ? { reason: command.reason } : {}),
  };
  const refuse = (failed: { reason: RefusalCode; detail: string }): Accepted => ({
    refusal: {
      ...entryFields(base, target.ok ? target.value : set),
      outcome: 'refused',
      code: failed.reason,
      detail: failed.detail,
    },
  });
  if (!target.ok) return refuse(target);

  if (command.action === 'unban') {
    const { remaining } = context.ledger.withdraw(set, address, command.origin);
    return {
      record: {
        op: 'unban',
        set,
        address: address.text,
        ...(command.origin === undefined ? {} : { origin: command.origin }),
      },
      work: { ...base, kind: remaining ? 'hold' : 'unban' },
    };
  }

  const info = context.watch.info(target.value);
  const decision = decideBan(address, context.policy, info);
  if (!decision.ok) return refuse(decision);
  const until = info ? resolveDefault(command.until, info, nowUnix(context.clock)) : command.until;
  const lease = {
    origin: command.origin ?? ('' as const),
    until,
    ...(command.reason === undefined ? {} : { reason: command.reason }),
  };
  context.ledger.record(set, address, lease);
  return {
    record: { op: 'ban', set, address: address.text, ...lease },
    work: { ...base, kind: 'ban' },
  };
}

type RefusalCode = Extract<Report, { outcome: 'refused' }>['code'];

import type { LedgerRecord } from '../ledger/store.js';
import { resolveDefault } from '../plan/plan-changes.js';
import { decideBan } from '../policy/decide-ban.js';
import type { Report } from '../report.js';
import { kernelSet, nowUnix, type EnforceContext } from './context.js';
import { entryFields, type Request, type Work } from './work.js';

/** What accepting a command comes to: a refusal at once, or a record to keep and work to do. */
export type Accepted =
  | { readonly refusal: Report; readonly record?: LedgerRecord }
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
  const refuse = (failed: { reason: RefusalCode; detail: string }) => ({
    refusal: {
      ...entryFields(base, target.ok ? target.value : set),
      outcome: 'refused' as const,
      code: failed.reason,
      detail: failed.detail,
    },
  });

  if (command.action === 'unban') {
    const known = context.ledger.ban(set, address) !== undefined;
    // A ban that waits for a set of its family must not come true after it was lifted.
    if (!target.ok && !known) return refuse(target);
    const { remaining } = context.ledger.withdraw(set, address, command.origin);
    const record: LedgerRecord = {
      op: 'unban',
      set,
      address: address.text,
      ...(command.origin === undefined ? {} : { origin: command.origin }),
    };
    if (!target.ok) return { ...refuse(target), record };
    return {
      record,
      work: remaining ? { ...base, kind: 'hold', ban: remaining } : { ...base, kind: 'unban' },
    };
  }
  if (!target.ok) return refuse(target);

  const info = context.watch.info(target.value);
  const decision = decideBan(address, context.policy, info);
  if (!decision.ok) return refuse(decision);
  const until = info ? resolveDefault(command.until, info, nowUnix(context.clock)) : command.until;
  const lease = {
    origin: command.origin ?? ('' as const),
    until,
    ...(command.reason === undefined ? {} : { reason: command.reason }),
  };
  const ban = context.ledger.record(set, address, lease);
  return {
    record: { op: 'ban', set, address: address.text, ...lease },
    work: { ...base, kind: 'ban', ban },
  };
}

type RefusalCode = Extract<Report, { outcome: 'refused' }>['code'];

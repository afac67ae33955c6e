import type { Lease } from '../lease/lease.js';
import type { LedgerRecord } from '../ledger/record.js';
import type { SetName } from '../words/names.js';
import { resolveDefault } from '../plan/plan-changes.js';
import { decideBan } from '../policy/decide-ban.js';
import type { Report } from './report.js';
import { kernelSet, type EnforceContext } from './context.js';
import { entryFields, type Request, type Work } from './work.js';

/** What accepting a command comes to: a refusal at once, or a record to keep and work to do. */
export type Accepted =
  | { readonly refusal: Report; readonly record?: LedgerRecord }
  | { readonly record: LedgerRecord; readonly work: Work };

/**
 * Takes a command through policy into the ledger. Touches neither disk nor kernel.
 *
 * @param now Unix seconds
 * @param finish for the work: hears of its end
 */
export function accept(
  request: Request,
  context: EnforceContext,
  now: number,
  finish: Work['finish'],
): Accepted {
  const { command } = request;
  const { set, address } = command;
  const target = kernelSet(context, set, address.family);

  if (command.action === 'unban') {
    const known = context.ledger.ban(set, address) !== undefined;
    // A ban that waits for a set of its family must not come true after it was lifted.
    if (!target.ok && !known) return { refusal: refuse(request, set, target) };
    const { remaining } = context.ledger.withdraw(set, address, command.origin);
    const record: LedgerRecord = {
      op: 'unban',
      set,
      address: address.text,
      ...(command.origin === undefined ? {} : { origin: command.origin }),
    };
    if (!target.ok) return { refusal: refuse(request, set, target), record };
    const work: Writable<Work> = {
      kind: remaining ? 'hold' : 'unban',
      set,
      address,
      request,
      finish,
    };
    if (remaining) work.ban = remaining;
    if (command.origin !== undefined) work.origin = command.origin;
    return { record, work };
  }
  if (!target.ok) return { refusal: refuse(request, set, target) };

  const info = context.watch.info(target.value);
  const decision = decideBan(address, context.policy, info);
  if (!decision.ok) return { refusal: refuse(request, target.value, decision) };
  const { origin, reason } = command;
  const until = info ? resolveDefault(command.until, info, now) : command.until;
  // Written out, since this runs once a ban: spreading optional fields takes longer than the rest.
  const lease: Writable<Lease> = { origin: origin ?? '', until };
  if (reason !== undefined) lease.reason = reason;
  const ban = context.ledger.record(set, address, lease);
  const work: Writable<Work> = { kind: 'ban', set, address, request, finish, ban };
  if (origin !== undefined) work.origin = origin;
  if (reason !== undefined) work.reason = reason;
  const record: Writable<Extract<LedgerRecord, { op: 'ban' }>> = {
    op: 'ban',
    set,
    address: address.text,
    origin: lease.origin,
    until,
  };
  if (reason !== undefined) record.reason = reason;
  return { record, work };
}

type Writable<Item> = { -readonly [Key in keyof Item]: Item[Key] };

function refuse(
  request: Request,
  set: SetName,
  failed: { readonly reason: RefusalCode; readonly detail: string },
): Report {
  const { command } = request;
  const fields = {
    request,
    address: command.address,
    ...(command.origin === undefined ? {} : { origin: command.origin }),
    ...(command.action === 'ban' && command.reason !== undefined ? { reason: command.reason } : {}),
  };
  return {
    ...entryFields(fields, set),
    outcome: 'refused',
    code: failed.reason,
    detail: failed.detail,
  };
}

type RefusalCode = Extract<Report, { outcome: 'refused' }>['code'];

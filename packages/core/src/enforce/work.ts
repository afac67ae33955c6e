import type { Address, AddressText } from '../address/address.js';
import type { ChangeReport } from '../backend/backend.js';
import type { Ban } from '../lease/lease.js';
import type { Command, Until } from '../message/command.js';
import type { Origin, SetName } from '../words/names.js';
import type { Report } from './report.js';

/** A command and where it came from. */
export interface Request {
  readonly command: Command;
  readonly via: string;
  readonly place?: string;
}

/**
 * One address that the kernel set has to follow, and who waits to hear of it.
 *
 * `ban`: a lease was recorded. `unban`: the last lease was withdrawn. `hold`: one lease was
 * withdrawn, others remain. `end`: the last lease ran out. `renew`: nothing changed, but the
 * kernel's own timeout has to be set again.
 */
export interface Work {
  readonly kind: 'ban' | 'unban' | 'hold' | 'end' | 'renew';
  /** The bound set; the kernel set is found when the work is done. */
  readonly set: SetName;
  readonly address: Address;
  readonly request: Pick<Request, 'via' | 'place'>;
  readonly origin?: Origin;
  readonly reason?: string;
  /** `ban`, `hold`: the ban as this request left it; others may have changed it since. */
  readonly ban?: Ban;
  /** The kernel's first no, which earned it another try. */
  readonly refused?: FailedChange;
  readonly finish: (report: Report) => void;
}

export type FailedChange = Extract<ChangeReport, { outcome: 'failed' }>;

export interface EntryFields {
  readonly via: string;
  readonly place?: string;
  readonly set: SetName;
  readonly address: AddressText;
  readonly origin?: Origin;
  readonly reason?: string;
}

/** What every report on a piece of work starts with. */
export function entryFields(
  work: Pick<Work, 'request' | 'address' | 'origin' | 'reason'>,
  set: SetName,
): EntryFields {
  const { request, address, origin, reason } = work;
  const fields: { -readonly [Key in keyof EntryFields]: EntryFields[Key] } = {
    via: request.via,
    set,
    address: address.text,
  };
  if (request.place !== undefined) fields.place = request.place;
  if (origin !== undefined) fields.origin = origin;
  if (reason !== undefined) fields.reason = reason;
  return fields;
}

/** What is said of a ban that the kernel holds. Written out, since this runs once a ban. */
export function bannedReport(
  { request, address, origin, reason }: Work,
  set: SetName,
  until: Until,
): Report {
  type Banned = Extract<Report, { outcome: 'banned' }>;
  const report: { -readonly [Key in keyof Banned]: Banned[Key] } = {
    via: request.via,
    set,
    address: address.text,
    outcome: 'banned',
    until,
  };
  if (request.place !== undefined) report.place = request.place;
  if (origin !== undefined) report.origin = origin;
  if (reason !== undefined) report.reason = reason;
  return report;
}

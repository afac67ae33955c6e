import { addressColumns } from '../address/address-columns.js';
import type { Enforcer } from '../enforce/enforcer.js';
import type { Report } from '../enforce/report.js';
import { Telling, type Audience } from '../enforce/telling.js';
import type { Command } from '../message/command.js';
import { encodeTerms } from '../message/encode.js';
import { EntryBatches } from '../message/entry-batches.js';
import {
  AS_THE_SET_SAYS,
  BAN,
  NEVER,
  NO_END_NAMED,
  OWN_STAMP,
  UNBAN,
} from '../message/entry-columns.js';
import type { EntryTerms } from '../message/entry-batch.js';
import type { SetName } from '../words/names.js';

/** A command, and its number among those that were asked for together; 0: it was the only one. */
export interface PlacedRequest {
  readonly command: Command;
  readonly place: number;
}

/**
 * Enforces here what a program asks for.
 *
 * @returns a report a command, in order; what policy forbids is refused, and not in the ledger
 */
export async function submitCommands(
  enforcer: Enforcer,
  set: SetName,
  requests: readonly PlacedRequest[],
  audience: Audience,
): Promise<Report[]> {
  const reports: Report[] = [];
  const batches = new EntryBatches();
  const accepted: number[] = [];
  requests.forEach((request, index) => {
    const refused = refusalOf(enforcer, set, request);
    if (refused !== undefined) {
      reports[index] = refused;
      audience.report(refused);
      return;
    }
    accepted.push(index);
    const { command } = request;
    // Numbered by what goes in; the reports find their way back below.
    batches
      .of(set)
      .of(command.address.family)
      .push(command.address, termsOf(command, accepted.length));
  });
  const collected: Report[] = [];
  const placeOf = (number: number) => requests[accepted[number - 1] ?? 0]?.place ?? 0;
  const telling = new Telling('local', set, accepted.length, audience, 'entry', {
    collected,
    placeOf,
  });
  const entries = [...batches].map(({ batch }) => ({ set, batch, tellings: [telling] }));
  await enforcer.submit(entries).done;
  accepted.forEach((index, number) => {
    const report = collected[number];
    if (report !== undefined) reports[index] = report;
  });
  return reports;
}

function refusalOf(
  enforcer: Enforcer,
  set: SetName,
  { command, place }: PlacedRequest,
): Report | undefined {
  const { address, action, origin } = command;
  if (action === 'unban') return undefined;
  const refusal = enforcer.refusal(set, addressColumns(address.family, [address]));
  // What this node's set cannot hold, others' may; only what policy says is said for all.
  if (refusal?.code !== 'protected' && refusal?.code !== 'prefix-too-wide') return undefined;
  return {
    outcome: 'refused',
    via: 'local',
    ...(place === 0 ? {} : { place: `entry ${String(place)}` }),
    set,
    address: address.text,
    ...(origin === undefined ? {} : { origin }),
    ...(command.reason === undefined ? {} : { reason: command.reason }),
    ...refusal,
  };
}

function termsOf(command: Command, place: number): EntryTerms {
  const isBan = command.action === 'ban';
  const until = isBan ? command.until : 'default';
  // A bare address goes to the others without its stamp, and counts with them by its key alone.
  const isBare = encodeTerms(command) === '';
  return {
    action: isBan ? BAN : UNBAN,
    flags: (isBare ? OWN_STAMP : 0) | (isBan && until === 'default' ? NO_END_NAMED : 0),
    origin: command.origin ?? '',
    until: until === 'never' ? NEVER : until === 'default' ? AS_THE_SET_SAYS : until,
    stamp: command.stamp ?? 0,
    reason: isBan ? (command.reason ?? '') : '',
    message: 0,
    place,
  };
}

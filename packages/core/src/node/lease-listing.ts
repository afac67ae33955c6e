import type { Enforcer } from '../enforce/enforcer.js';
import { MOST_LEASES_LISTED } from '../message/question.js';
import type { LeasesReply, ListedLease } from '../message/reply.js';
import type { SetName } from '../words/names.js';
import { AnswerRoom } from './answer-room.js';

/**
 * What anybody has asked for in the sets of a topic, with who, until when and why.
 *
 * @param offset undefined: only how many live leases there are; else as many from this one on as fit
 */
export function listingReply(
  enforcer: Pick<Enforcer, 'leases'>,
  offset: number | undefined,
  sets: readonly SetName[],
): Promise<LeasesReply> {
  return offset === undefined ? countLeases(enforcer, sets) : listPiece(enforcer, sets, offset);
}

async function countLeases(
  enforcer: Pick<Enforcer, 'leases'>,
  sets: readonly SetName[],
): Promise<LeasesReply> {
  let total = 0;
  for (const set of sets) {
    for await (const { live } of enforcer.leases(set, {})) if (live) total += 1;
  }
  return { kind: 'leases', total, addresses: [] };
}

async function listPiece(
  enforcer: Pick<Enforcer, 'leases'>,
  sets: readonly SetName[],
  offset: number,
): Promise<LeasesReply> {
  const leases: ListedLease[] = [];
  const room = new AnswerRoom();
  let number = 0;
  for (const set of sets) {
    for await (const record of enforcer.leases(set, {})) {
      const { live, address, origin, until = 'default', stampMs, reason } = record;
      if (!live || number++ < offset) continue;
      const lease = {
        ...{ address, origin, until, stampMs },
        ...(reason === undefined ? {} : { reason }),
      };
      if (leases.length === MOST_LEASES_LISTED || !room.takes(lease)) {
        return { kind: 'leases', total: number, addresses: [], leases };
      }
      leases.push(lease);
    }
  }
  return { kind: 'leases', total: number, addresses: [], leases };
}

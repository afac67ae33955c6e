import type { Enforcer } from '../enforce/enforcer.js';
import { MOST_LEASES_LISTED } from '../message/question.js';
import type { LeasesReply, ListedLease } from '../message/reply.js';
import type { SetName } from '../words/names.js';

/** Of the leases in an answer, as JSON: with what is around them they stay below `MOST_REPLY_BYTES`. */
const MOST_BYTES = 56 * 1024;

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
  let bytes = 0;
  let number = 0;
  for (const set of sets) {
    for await (const record of enforcer.leases(set, {})) {
      const { live, address, origin, until = 'default', stampMs, reason } = record;
      if (!live || number++ < offset) continue;
      const lease = {
        ...{ address, origin, until, stampMs },
        ...(reason === undefined ? {} : { reason }),
      };
      bytes += Buffer.byteLength(JSON.stringify(lease)) + 1;
      if (bytes > MOST_BYTES || leases.length === MOST_LEASES_LISTED) {
        return { kind: 'leases', total: number, addresses: [], leases };
      }
      leases.push(lease);
    }
  }
  return { kind: 'leases', total: number, addresses: [], leases };
}

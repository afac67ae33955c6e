import type { Enforcer } from '../enforce/enforcer.js';
import { MOST_LEASES_LISTED, type Question } from '../message/question.js';
import type { LeasesReply, ListedLease } from '../message/reply.js';
import type { SetName } from '../words/names.js';

/** Of the leases in an answer, as JSON: with what is around them they stay below `MOST_REPLY_BYTES`. */
const MOST_BYTES = 56 * 1024;

/**
 * What an origin has banned in the sets of a topic: how many addresses, and a piece of them; without an
 * origin, what anybody has asked for there, with who, until when and why.
 */
export async function leasesReply(
  enforcer: Pick<Enforcer, 'leases'>,
  { origin, offset }: Pick<Question, 'origin' | 'offset'>,
  sets: readonly SetName[],
): Promise<LeasesReply> {
  if (origin === undefined) {
    return offset === undefined ? countLeases(enforcer, sets) : listPiece(enforcer, sets, offset);
  }
  const found = new Set<string>();
  for (const set of sets) {
    for await (const { address, kind } of enforcer.leases(set, { origin })) {
      if (kind === 'lease') found.add(address);
    }
  }
  const addresses =
    offset === undefined ? [] : [...found].slice(offset, offset + MOST_LEASES_LISTED);
  return { kind: 'leases', total: found.size, addresses };
}

async function countLeases(
  enforcer: Pick<Enforcer, 'leases'>,
  sets: readonly SetName[],
): Promise<LeasesReply> {
  let total = 0;
  for (const set of sets) {
    for await (const { kind } of enforcer.leases(set, {})) if (kind === 'lease') total += 1;
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
    for await (const {
      kind,
      address,
      origin,
      until = 'default',
      stampMs,
      reason,
    } of enforcer.leases(set, {})) {
      if (kind !== 'lease' || number++ < offset) continue;
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

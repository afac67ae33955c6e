import type { Enforcer } from '../enforce/enforcer.js';
import { MOST_LEASES_LISTED, type Question } from '../message/question.js';
import type { LeasesReply } from '../message/reply.js';
import type { SetName } from '../words/names.js';

/** What an origin has banned in the sets of a topic: how many addresses, and a piece of them. */
export async function leasesReply(
  enforcer: Pick<Enforcer, 'leases'>,
  { origin = '' as never, offset }: Pick<Question, 'origin' | 'offset'>,
  sets: readonly SetName[],
): Promise<LeasesReply> {
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

import type { Address } from '../address/address.js';
import type { Enforcer } from '../enforce/enforcer.js';
import type { Explanation } from '../enforce/explain.js';
import type { Standing } from '../enforce/standing.js';
import {
  MOST_BANS_TOLD,
  MOST_LEASES_TOLD,
  type ReplyBan,
  type WhyReply,
} from '../message/reply.js';
import type { SetName } from '../words/names.js';
import { AnswerRoom } from './answer-room.js';

/** What is told first where not all of it fits: whoever asks about an address means that one. */
const RANKS: Readonly<Record<Standing['relation'], number>> = {
  ...{ same: 0, around: 1, beside: 2, inside: 3 },
};

/** What this node knows of an address in the sets of a topic, as much as goes into an answer. */
export async function whyReply(
  enforcer: Enforcer,
  address: Address | undefined,
  sets: readonly SetName[],
): Promise<WhyReply> {
  if (address === undefined) return { kind: 'why', blocked: false, bans: [], more: 0 };
  const { blocked, standings, more, ...rest } = await enforcer.explain(address, sets);
  return {
    kind: 'why',
    blocked,
    ...(rest.protected === undefined ? {} : { protected: protectedBy(rest.protected) }),
    ...chooseBans(standings, more),
  };
}

/** As many as fit, the closest around first, in the order in which they were found. */
function chooseBans(standings: readonly Standing[], more: number): Pick<WhyReply, 'bans' | 'more'> {
  const room = new AnswerRoom();
  const chosen = new Map<Standing, ReplyBan>();
  // The widest stands first.
  const closest = standings
    .toReversed()
    .sort((one, other) => RANKS[one.relation] - RANKS[other.relation]);
  for (const standing of closest) {
    if (chosen.size === MOST_BANS_TOLD) break;
    const ban = toBan(standing);
    if (room.takes(ban)) chosen.set(standing, ban);
  }
  const bans = standings.flatMap((standing) => chosen.get(standing) ?? []);
  return { bans, more: more + standings.length - bans.length };
}

/** `because` names the leases. */
function protectedBy({ address, because }: NonNullable<Explanation['protected']>) {
  return { address, because };
}

function toBan({ set, address, relation, records, enforcement }: Standing): ReplyBan {
  const leases = records
    .slice(0, MOST_LEASES_TOLD)
    .map(({ kind, origin, until, stampMs, reason }) => ({
      ...{ kind, origin, stampMs },
      ...(until === undefined ? {} : { until }),
      ...(reason === undefined ? {} : { reason }),
    }));
  // To whoever asks it is all the same how a ban of another address comes to cover this one.
  const head = {
    set,
    address,
    relation: relation === 'beside' ? 'around' : relation,
    leases,
  } as const;
  if (enforcement === undefined) return { ...head, state: 'over' };
  const { state } = enforcement;
  if (state === 'held-by-other') return { ...head, state };
  if (state === 'enforced') {
    const { detail } = enforcement;
    return { ...head, state, ...(detail === undefined ? {} : { detail }) };
  }
  const { detail } = enforcement;
  return state === 'pending'
    ? { ...head, state, detail }
    : { ...head, state, code: enforcement.code, detail };
}

import type { Address } from '@vallum/core';
import type { WhyReply } from '@vallum/core/protocol';
import type { Interruption } from '../interruption.js';
import type { Answers, Asked, AskingTransport } from './asking-transport.js';
import { viewFleet, type FleetView } from './fleet-view.js';

/** Where the broker does not show which nodes there are: none has answered for so long. */
const QUIET_MS = 500;

export interface WhyFacts {
  /** A row a node, by name. */
  readonly nodes: readonly WhyNode[];
  /** Up by their statuses, and silent. */
  readonly missing: readonly string[];
  readonly down: FleetView['down'];
  readonly knownBy: 'statuses' | 'answers';
}

/** What one node knows of the address. */
export interface WhyNode extends Omit<WhyReply, 'kind'> {
  readonly node: string;
  /** It has no kernel sets. */
  readonly enforces: boolean;
  /** Two answers that differ came in its name; this is the first. */
  readonly isDoubtful: boolean;
}

export interface WhyTerms {
  readonly topic: string;
  readonly set: string;
  readonly address: Address;
  /** How long answers are waited for. */
  readonly waitMs: number;
  readonly signal?: Interruption;
}

/** Asks all nodes what they know of an address. */
export async function gatherWhy(
  asking: AskingTransport,
  { topic, set, address, waitMs, signal }: WhyTerms,
): Promise<WhyFacts | Exclude<Asked, { kind: 'asked' }>> {
  const view = () => viewFleet(asking.statuses, topic, set);
  let heardAtMs = Infinity;
  let count = 0;
  const ticking = setInterval(() => {
    asking.look();
  }, QUIET_MS / 10);
  const isEnough = (answers: Answers): boolean => {
    if (answers.size > count) heardAtMs = performance.now();
    count = answers.size;
    const { up } = view();
    if (up.length > 0) return !asking.isShowing && up.every((node) => answers.has(node));
    return performance.now() - heardAtMs > QUIET_MS;
  };
  const asked = await asking
    .ask(
      topic,
      { kind: 'why', addresses: [address], waitMs: 0 },
      { timeoutMs: waitMs, isEnough, ...(signal ? { signal } : {}) },
    )
    .finally(() => {
      clearInterval(ticking);
    });
  if (asked.kind !== 'asked') return asked;
  const nodes = [...asked.answers].flatMap(([node, { reply, isDoubtful }]): WhyNode[] => {
    if (reply.kind !== 'why') return [];
    const { blocked, bans, more, enforces } = reply;
    const guard = reply.protected === undefined ? {} : { protected: reply.protected };
    return [{ node, blocked, ...guard, bans, more, enforces: enforces !== false, isDoubtful }];
  });
  nodes.sort((one, other) => (one.node < other.node ? -1 : 1));
  const { up, down, isShown } = view();
  return {
    nodes,
    missing: up.filter((node) => !asked.answers.has(node)),
    down,
    knownBy: isShown ? 'statuses' : 'answers',
  };
}

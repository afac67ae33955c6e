import { randomBytes } from 'node:crypto';
import type { TransportMessage } from '@vallum/core';
import { encodeQuestion, parseReply, replyTopic } from '@vallum/core/protocol';
import type { Probe } from './probe.js';

/** What nodes are asked: how they are. */
export interface NodesQuestion {
  /** Topic prefixes; each is asked about by itself. */
  readonly topics: readonly string[];
  /** Answers come to `vallumd/reply/<client>`. */
  readonly client: string;
  /** This node's answer is enough; default: whoever answers within the time. */
  readonly node?: string;
}

/**
 * What became of the question on one topic:
 *
 * - `answered`: by `nodes`;
 * - `silent`: the broker has taken it, and no answer came;
 * - `unheard`: the broker says that nobody listens there;
 * - `deaf`: answers may not be read; `refused`: it may not be asked; `mute`: this node may not answer;
 * - `ended`: the broker ended the connection;
 * - `unknown`: the broker did not answer in time.
 */
export interface NodesAnswer {
  readonly topic: string;
  readonly client: string;
  readonly outcome:
    'answered' | 'silent' | 'unheard' | 'deaf' | 'mute' | 'refused' | 'ended' | 'unknown';
  /** By name. */
  readonly nodes: readonly string[];
  /** From the question to the last answer. */
  readonly tookMs: number;
  readonly protocolVersion: 4 | 5;
  /** Why, in a clause. */
  readonly detail?: string;
}

const FIRST_WITHIN_MS = 1_500;
/** The others are there by then. */
const QUIET_MS = 250;
const MOST_NODES = 10_000;

/** No question: what arrives where answers do is told by its id, and this has none. */
const NO_ANSWER = JSON.stringify({ v: 1, 'x-probe': 'vallumd doctor' });

/** Asks on each topic, one after another. */
export async function askNodes(
  probe: Probe,
  { topics, client, node }: NodesQuestion,
): Promise<NodesAnswer[]> {
  const { connection } = probe;
  if (connection?.state !== 'connected') return [];
  const { protocolVersion } = connection;
  const filter = replyTopic(client);
  const said = { client, protocolVersion, nodes: [], tookMs: 0 };
  const outcome = (await probe.subscribe([filter])).get(filter);
  const answers: NodesAnswer[] = [];
  for (const topic of topics) {
    const say = (what: NodesAnswer['outcome'], detail?: string) =>
      answers.push({ ...said, topic, outcome: what, ...(detail === undefined ? {} : { detail }) });
    if (outcome === undefined || probe.isOver) say(probe.isOver ? 'ended' : 'unknown');
    else if (outcome !== 'granted') say('deaf', outcome.refused);
    else {
      const hearing = hear(filter, node);
      const answer = probe.watch(hearing.take);
      const payload = encodeQuestion({
        ...{ id: hearing.id, reply: filter, kind: 'status', addresses: [], waitMs: 0 },
      });
      const publication = await probe.publish({ topic: `${topic}/ask`, payload, qos: 1 });
      if (publication.outcome !== 'confirmed') {
        const what = publication.outcome === 'unconfirmed' ? 'unknown' : publication.outcome;
        say(what, publication.detail);
        continue;
      }
      if (hearing.nodes.size === 0) await hearing.first(FIRST_WITHIN_MS);
      for (let known = 0; hearing.nodes.size > known;) {
        known = hearing.nodes.size;
        if (await answer.wait(QUIET_MS)) break;
      }
      const nodes = [...hearing.nodes].sort();
      if (nodes.length === 0) {
        if (publication.unheard) say('unheard');
        else if (node === undefined) say('silent');
        else say(...(await tellMuteFromDeaf(probe, filter, protocolVersion)));
      } else answers.push({ ...said, topic, outcome: 'answered', nodes, tookMs: hearing.tookMs() });
    }
  }
  return answers;
}

/**
 * Answers in the node's place, which has the same rights: brokers grant subscriptions that they then starve.
 */
async function tellMuteFromDeaf(
  probe: Probe,
  topic: string,
  protocolVersion: 4 | 5,
): Promise<[NodesAnswer['outcome'], string?]> {
  const echo = probe.watch((found) => found.topic === topic && !found.retained);
  const { outcome } = await probe.publish({ topic, payload: NO_ANSWER, qos: 1 });
  if (outcome === 'refused' || outcome === 'ended') return ['mute'];
  if (outcome !== 'confirmed' || protocolVersion !== 5) return ['silent'];
  return (await echo.waitQuiet()) === false ? ['deaf', 'granted and then held back'] : ['silent'];
}

/** Gathers who answers one question. */
function hear(filter: string, wanted: string | undefined) {
  const id = randomBytes(8).toString('hex');
  const nodes = new Set<string>();
  const startedMs = performance.now();
  let lastMs = startedMs;
  let notify: () => void = () => undefined;
  return {
    ...{ id, nodes },
    tookMs: () => lastMs - startedMs,
    /** @returns true where no more have to be waited for */
    take: ({ topic, payload }: TransportMessage): boolean => {
      if (topic !== filter) return false;
      const reply = parseReply(payload);
      if (!reply.ok || reply.value.id !== id || reply.value.kind !== 'status') return false;
      if (nodes.size >= MOST_NODES || nodes.has(reply.value.from)) return false;
      nodes.add(reply.value.from);
      lastMs = performance.now();
      notify();
      return reply.value.from === wanted;
    },
    first: (withinMs: number) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        notify = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}

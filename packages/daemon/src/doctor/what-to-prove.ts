import { PROTECT_TOPIC, type OutgoingMessage } from '@vallum/core';
import { topicFilters, topicFor } from '@vallum/core/protocol';
import type { Reading } from '@vallum/doctor';
import type { Settings } from '../settings.js';
import { statusTopic } from '../status/status-messages.js';

type Asked = Pick<Settings, 'live' | 'node' | 'repair'>;

/** Says nothing to any node: what begins with `x-` is passed over. */
const NOTHING_FOR_NODES = JSON.stringify({ v: 1, 'x-probe': 'vallumd doctor' });
/** Every vallumd takes it, and does nothing. */
const NO_ENTRIES = '[]';

/** Where this node and the others speak to each other; none without repair. */
export function syncTopics({ live, node, repair }: Asked): string[] {
  if (!repair) return [];
  return [...prefixes(live).map((topic) => `${topic}/sync`), inbox(node)];
}

/** Where it is asked how it is: on each topic prefix. */
export function topicsOf({ live }: Asked): string[] {
  return prefixes(live);
}

/** What this node subscribes to. */
export function filtersOf({ live, node, repair }: Asked): string[] {
  return [...topicFilters(live.topics), ...(repair ? [inbox(node)] : [])];
}

/** What has to come back. First what every node may write, as some brokers hang up on what is forbidden. */
export function echoesOf(settings: Asked): OutgoingMessage[] {
  const bans = prefixes(settings.live).map((topic) => topicFor(topic, 'ban'));
  return [
    ...syncTopics(settings).map((topic) => ({
      topic,
      payload: NOTHING_FOR_NODES,
      qos: 1 as const,
    })),
    ...bans.map((topic) => ({ topic, payload: NO_ENTRIES, qos: 1 as const })),
  ];
}

/** What has to be allowed for the fleet's protect list; undefined: this node does not keep it. */
export function protectionToProve({ protection }: Pick<Settings, 'protection'>) {
  if (!protection.keeps) return undefined;
  const echo = { topic: `${PROTECT_TOPIC}/sync`, payload: NOTHING_FOR_NODES, qos: 1 as const };
  return { filter: `${PROTECT_TOPIC}/#`, echo };
}

/** @param received when the running vallumd last got something, by topic prefix */
export function readingsOf(settings: Asked, received: Readonly<Record<string, number>>): Reading[] {
  const filters = topicFilters(settings.live.topics);
  return prefixes(settings.live).flatMap((topic) => {
    const filter = filters.find((one) => `${topic}/`.startsWith(one.slice(0, -1)));
    const receivedUnix = received[topic];
    return filter === undefined
      ? []
      : [
          {
            ...{ filter, banTopic: topicFor(topic, 'ban') },
            ...(settings.repair ? { syncTopic: `${topic}/sync` } : {}),
            ...(receivedUnix === undefined ? {} : { receivedUnix }),
          },
        ];
  });
}

function prefixes({ topics }: Settings['live']): string[] {
  return [...new Set(topics.map(({ topic }) => topic))];
}

function inbox(node: string): string {
  return `${statusTopic(node)}/sync`;
}

import { escapeForDisplay } from '@vallum/core';
import type { Echo } from './echo.js';
import { finding, type Finding } from './finding.js';
import type { BrokerFacts } from './gather-broker.js';

/** One topic prefix, and how it is to be proved that bans come from there. */
export interface Reading {
  /** What was subscribed to for it. */
  readonly filter: string;
  /** Where a message without entries was sent: `blacklist/add`. */
  readonly banTopic: string;
  /** Where one was sent that says nothing to other nodes; undefined: none was. */
  readonly syncTopic?: string;
  /** When the running vallumd last got a message from there, Unix seconds; undefined: not known. */
  readonly receivedUnix?: number;
}

/**
 * Whether bans may be read. Brokers grant subscriptions that their rules then starve, so only what comes
 * back is proof.
 */
export function checkReading(
  facts: BrokerFacts,
  readings: readonly Reading[],
  nowUnix: number,
): Finding[] {
  return readings.flatMap((reading) => {
    const subscription = facts.subscriptions.find(({ filter }) => filter === reading.filter);
    return subscription ? [check(reading, subscription.outcome, facts.echoes, nowUnix)] : [];
  });
}

function check(
  { filter, banTopic, syncTopic, receivedUnix }: Reading,
  outcome: BrokerFacts['subscriptions'][number]['outcome'],
  echoes: readonly Echo[],
  nowUnix: number,
): Finding {
  const topic = escapeForDisplay(filter);
  const bans = escapeForDisplay(banTopic);
  const read = `mosquitto acl_file: topic read ${topic}`;
  if (outcome === undefined) {
    return finding('unknown', 'subscribe', topic, 'the broker did not answer');
  }
  if (outcome !== 'granted') {
    const message = `refused: ${outcome.refused}; no ban arrives from there`;
    return finding('critical', 'subscribe', topic, message, read);
  }
  const ban = echoes.find((echo) => echo.topic === banTopic);
  if (ban?.outcome === 'heard') {
    return finding('ok', 'subscribe', topic, `a message without entries came back from ${bans}`);
  }
  if (ban?.outcome === 'starved') {
    const message =
      `granted and then held back: the broker took a message without entries on ${bans} and did not ` +
      'send it to this node, so no ban arrives from there';
    return finding('critical', 'subscribe', topic, message, read);
  }
  const sync = echoes.find((echo) => echo.topic === syncTopic);
  if (sync?.outcome === 'starved' && receivedUnix === undefined) {
    const message =
      `granted and then held back: the broker took a message on ${escapeForDisplay(sync.topic)} and did ` +
      'not send it to this node, and no ban is known to have come either';
    return finding('critical', 'subscribe', topic, message, read);
  }
  const last =
    receivedUnix === undefined
      ? 'the running vallumd knows of no message that came'
      : `last message received ${sayAgo(nowUnix - receivedUnix)}`;
  const message = `granted, but not proved that bans come through: ${why(ban, bans)}; ${last}`;
  return finding('unknown', 'subscribe', topic, message, `mosquitto acl_file: topic write ${bans}`);
}

function why(ban: Echo | undefined, topic: string): string {
  switch (ban?.outcome) {
    case 'refused':
      return `this node may not send a message without entries to ${topic} and see it come back`;
    case 'silent':
      return (
        `a message without entries to ${topic} did not come back; over MQTT 3.1.1 the broker does not ` +
        'say whether this node may not write there or not read'
      );
    default:
      return `a message without entries to ${topic}: ${ban?.detail ?? 'not tried'}`;
  }
}

/** `3 h ago` */
function sayAgo(seconds: number): string {
  if (seconds < 120) return 'within the last two minutes';
  const units = [
    [86_400, 'days'],
    [3_600, 'h'],
    [60, 'min'],
  ] as const;
  const [size, unit] = units.find(([length]) => seconds >= 2 * length) ?? [60, 'min'];
  return `${Math.floor(seconds / size).toString()} ${unit} ago`;
}

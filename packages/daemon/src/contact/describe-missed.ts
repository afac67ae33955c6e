import { describeTime } from '@vallum/core/protocol';
import type { Missed } from './contact-record.js';

/** What happened, and what follows from it: a sentence for the log and for the doctor. */
export function describeMissed(missed: Missed, repair: boolean): string {
  const { why, from, until, taken, agreed } = missed;
  const time = `between ${describeTime(from)} and ${describeTime(until)}`;
  if (why === 'messages') {
    return (
      `${changes(taken)} sent ${time} did not come as ${taken === 1 ? 'a message' : 'messages'} and ` +
      `${taken === 1 ? 'was' : 'were'} taken from other nodes: the broker's queue for this node overflowed ` +
      '(mosquitto: max_queued_messages), or they were published at QoS 0, or on a broker that is bridged'
    );
  }
  const lost = `the broker had not kept this node's session, so nothing came of what was sent ${time}`;
  if (!repair) return `${lost}; with --no-repair nobody makes up for it: send those bans again`;
  if (agreed === undefined) {
    const sofar = taken === 0 ? '' : `, ${taken.toString()} were taken so far`;
    return `${lost}; other nodes are asked for it${sofar}, and no other node holds the same yet`;
  }
  return taken === 0
    ? `${lost}; another node held the same at ${describeTime(agreed)}, so nothing is missing`
    : `${lost}; ${changes(taken)} were taken from other nodes, and nothing is missing since ${describeTime(agreed)}`;
}

function changes(count: number): string {
  return count === 1 ? '1 ban or unban' : `${count.toString()} bans or unbans`;
}

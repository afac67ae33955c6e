import type { OutgoingMessage } from '@vallum/core';
import type { Probe } from './probe.js';

/**
 * What became of a message that asks for nothing:
 *
 * - `heard`: it came back, so that the topic may be written and read;
 * - `starved`: the broker has taken it and sends it to nobody who asked as this client: it may be
 *   written, and not read;
 * - `silent`: the same over MQTT 3.1.1, which confirms also what it throws away: one of the two is
 *   forbidden;
 * - `refused`, `ended`: it may not be written, and nothing is known of reading;
 * - `unknown`: the broker did not answer in time.
 */
export interface Echo {
  readonly topic: string;
  readonly outcome: 'heard' | 'starved' | 'silent' | 'refused' | 'ended' | 'unknown';
  /** The broker says that it has nobody to give it to. */
  readonly unheard?: boolean;
  /** Why it could not be found out, in a clause. */
  readonly detail?: string;
}

/**
 * Sends messages one after another and waits for all of them together, or for the like of them: any live
 * message on a topic is as good.
 *
 * @param isListening whether anything that covers the topics was subscribed to
 */
export async function askForEchoes(
  probe: Probe,
  messages: readonly OutgoingMessage[],
  isListening: boolean,
): Promise<Echo[]> {
  const asked: (() => Promise<Echo>)[] = [];
  for (const message of messages) asked.push(await send(probe, message, isListening));
  return Promise.all(asked.map((wait) => wait()));
}

/** Settles with what waits for the echo once the broker has answered. */
async function send(
  probe: Probe,
  message: OutgoingMessage,
  isListening: boolean,
): Promise<() => Promise<Echo>> {
  const { topic } = message;
  const { connection } = probe;
  const say = (outcome: Echo['outcome'], detail?: string) => () =>
    Promise.resolve({ topic, outcome, ...(detail === undefined ? {} : { detail }) });
  if (probe.isOver || connection?.state !== 'connected') {
    return say('unknown', 'the broker had ended the connection before');
  }
  const echo = probe.watch((found) => found.topic === topic && !found.retained);
  const publication = await probe.publish(message);
  if (publication.outcome !== 'confirmed' && echo.found === undefined) {
    const { outcome, detail } = publication;
    return say(outcome === 'unconfirmed' ? 'unknown' : outcome, detail);
  }
  return async () => {
    const cameBack = echo.found !== undefined || (isListening && (await echo.waitQuiet()));
    if (cameBack === true) return { topic, outcome: 'heard' };
    if (cameBack === undefined) {
      return { topic, outcome: 'unknown', detail: 'too much else arrives to wait for it' };
    }
    return {
      ...{ topic, outcome: connection.protocolVersion === 5 ? 'starved' : 'silent' },
      ...(publication.outcome === 'confirmed' && publication.unheard ? { unheard: true } : {}),
    };
  };
}

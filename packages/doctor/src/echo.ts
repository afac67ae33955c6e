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
  /** Why it could not be found out, in a clause. */
  readonly detail?: string;
}

/**
 * Sends a message and waits for it, or for the like of it: any live message on the topic is as good.
 *
 * @param isListening whether anything that covers the topic was subscribed to
 */
export async function askForEcho(
  probe: Probe,
  message: OutgoingMessage,
  isListening: boolean,
): Promise<Echo> {
  const { topic } = message;
  const { connection, isOver } = probe;
  if (isOver || connection?.state !== 'connected') {
    return { topic, outcome: 'unknown', detail: 'the broker had ended the connection before' };
  }
  const echo = probe.watch((found) => found.topic === topic && !found.retained);
  const publication = await probe.publish(message);
  if (echo.found) return { topic, outcome: 'heard' };
  if (publication.outcome !== 'confirmed') {
    const { outcome, detail } = publication;
    return { topic, outcome: outcome === 'unconfirmed' ? 'unknown' : outcome, detail };
  }
  const cameBack = isListening ? await echo.waitQuiet() : false;
  if (cameBack === true) return { topic, outcome: 'heard' };
  if (cameBack === undefined) {
    return { topic, outcome: 'unknown', detail: 'too much else arrives to wait for it' };
  }
  return { topic, outcome: connection.protocolVersion === 5 ? 'starved' : 'silent' };
}

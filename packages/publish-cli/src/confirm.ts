import type { Transport } from '@vallum/core';
import type { MqttOptions } from '@vallum/core/mqtt';
import { AskingTransport } from './ask/asking-transport.js';
import { clientName } from './ask/client-name.js';
import { Confirming, type Confirmation } from './ask/confirming.js';
import { describeConfirmed, describeUnconfirmed, doneWord } from './ask/describe-confirmation.js';
import type { Interruption } from './interruption.js';
import type { PlannedMessage } from './plan-messages.js';
import type { Report } from './report.js';
import type { PublishRequest } from './request.js';

/** What `--confirm` adds to a sending. */
export interface ConfirmedSending {
  /** To be sent by. */
  readonly transport: Transport;
  /** The broker has it. */
  sent(message: PlannedMessage): void;
  /**
   * Asks the nodes, and says what they answer.
   *
   * @returns whether as many as were wanted have it
   */
  finish(report: Report): Promise<boolean>;
}

/** @param transport one that listens too */
export function confirmSending(
  transport: Transport,
  broker: MqttOptions,
  request: PublishRequest,
  signal: Interruption | undefined,
): ConfirmedSending {
  const asking = new AskingTransport(transport, clientName(broker));
  const payloads: Uint8Array[] = [];
  const confirming = new Confirming({
    ...{ asking, set: request.set, wanted: request.confirm ?? 'all' },
    topic: request.topic.slice(0, request.topic.lastIndexOf('/')),
    kind: request.action === 'ban' ? 'held' : 'gone',
    isProtection: request.isProtection === true,
    waitMs: request.waitSeconds * 1000,
    ...(signal ? { signal } : {}),
  });
  return {
    transport: asking,
    sent: ({ payload }) => {
      payloads.push(payload);
    },
    async finish(report) {
      const confirmation = await confirming.confirm(payloads);
      tell(report, confirmation);
      return confirmation.confirmed;
    },
  };
}

function tell(report: Report, confirmation: Confirmation): void {
  const { wanted, confirmed, knownBy, tookMs, trouble, unasked, ...rest } = confirmation;
  const { done, undone, missing, down, remembering } = rest;
  report.facts['confirmation'] = {
    ...{ confirmed, wanted, knownBy, done, undone, missing, down, remembering },
    kind: doneWord(confirmation),
    ...(trouble === undefined ? {} : { trouble }),
    ...(unasked === 0 ? {} : { unasked }),
    milliseconds: Math.round(10 * tookMs) / 10,
  };
  if (confirmed) report.succeed(describeConfirmed(confirmation));
  else for (const line of describeUnconfirmed(confirmation)) report.complain(line);
}

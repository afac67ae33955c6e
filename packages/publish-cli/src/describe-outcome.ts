import { count } from '@vallum/options';
import { describeEnd } from './describe-end.js';
import { entryNoun } from './entry-noun.js';
import { ExitCode } from './exit-codes.js';
import type { PlannedMessage } from './plan-messages.js';
import type { PublishRequest } from './request.js';
import type { SendOutcome, StopCause } from './send.js';
import type { Tally } from './tally.js';

/** What may go well the next time, without anything being changed. */
const AGAIN = new Set<StopCause>(['unconfirmed', 'interrupted']);

type Request = Pick<
  PublishRequest,
  'action' | 'isProtection' | 'topic' | 'qos' | 'waitSeconds' | 'terms' | 'list' | 'isListWithEnds'
>;
type Counts = Pick<Tally, 'confirmed' | 'unheard' | 'unconfirmed' | 'duplicates'>;
type Stopped = Extract<SendOutcome<PlannedMessage>, { kind: 'stopped' }>;

/** `sent 1 ban to blacklist/add, for 1h (confirmed by localhost:1883)` */
export function describeSuccess(request: Request, tally: Counts, broker: string): string {
  const { confirmed, unconfirmed, duplicates } = tally;
  const entries = confirmed.entries + unconfirmed.entries;
  const messages = confirmed.messages + unconfirmed.messages;
  if (entries === 0) return `nothing to send to ${request.topic}`;
  return [
    `sent ${count(entries, entryNoun(request))} to ${request.topic}`,
    messages > 1 ? ` in ${count(messages, 'message')}` : '',
    duplicates > 0 ? `, ${count(duplicates, 'duplicate')} left out` : '',
    describeEnd(request),
    ` (${describeConfirmation(request, tally, broker)})`,
  ].join('');
}

function describeConfirmation(request: Request, tally: Counts, broker: string): string {
  if (tally.unconfirmed.entries === 0) return `confirmed by ${broker}`;
  return request.qos === 0
    ? `at QoS 0 ${broker} confirms nothing`
    : `not confirmed: ${broker} takes QoS 0 only`;
}

/** Says of what reached the broker and nobody else why that may be, and what to do. */
export function describeUnheard(
  request: Pick<Request, 'action' | 'isProtection' | 'topic'>,
  { confirmed, unheard }: Counts,
  broker: string,
): string {
  const { topic } = request;
  const noun = entryNoun(request);
  const prefix = topic.slice(0, topic.lastIndexOf('/'));
  if (request.isProtection === true) {
    return (
      `nobody listens to ${topic}: ${broker} took ${count(unheard.entries, noun)} and has no vallumd to ` +
      `give it to, or none that keeps the fleet's protect list; send it again once one does`
    );
  }
  if (confirmed.entries > 0) {
    return (
      `nobody listened to ${topic} when ${broker} took ${count(unheard.entries, noun)}, which ` +
      `no vallumd will get: send all of it again`
    );
  }
  return (
    `nobody listens to ${topic}: ${broker} took ${count(unheard.entries, noun)} and has no vallumd ` +
    `to give it to. Check the name (--set, --topic), and that a vallumd runs with -t ${prefix}; then ` +
    `send it again`
  );
}

/**
 * Lines for people about a sending that did not come to its end: why, and what is open.
 *
 * @param kept what has become of what is open, where somebody tried to keep it
 */
export function describeStop(
  request: Request,
  stop: Stopped,
  tally: Counts,
  broker: string,
  kept: readonly string[] = [],
): string[] {
  const lines = [headline(request, stop, broker)];
  if (kept.length > 0) return [...lines, ...kept];
  if (stop.cause === 'unreachable') return [...lines, 'nothing was sent'];
  const confirmedEntries = tally.confirmed.entries + tally.unheard.entries;
  const [first] = stop.unconfirmed;
  if (confirmedEntries > 0) lines.push(`confirmed: ${count(confirmedEntries, entryNoun(request))}`);
  if (first) lines.push(`not confirmed: ${nameEntries(stop.unconfirmed)}`);
  if (!AGAIN.has(stop.cause)) return lines;
  lines.push(
    confirmedEntries > 0 || stop.cause === 'unconfirmed'
      ? 'send all of it again: what arrives twice does no harm'
      : 'nothing was confirmed',
  );
  return lines;
}

function headline({ topic, waitSeconds }: Request, stop: Stopped, broker: string): string {
  const wait = `${waitSeconds.toString()}s`;
  const because = stop.detail === '' ? '' : `: ${stop.detail}`;
  switch (stop.cause) {
    case 'unreachable':
      if (stop.isBrief === true) {
        return `no connection to ${broker} at once, nor within --wait a moment ago${because}`;
      }
      return `no connection to ${broker} within ${wait} (--wait)${because}`;
    case 'unconfirmed':
      return `${broker} did not confirm within ${wait} (--wait)${because}`;
    case 'cut-off':
      return (
        `${broker} ended the connection each of ${(stop.cuts ?? 0).toString()} times that something was sent ` +
        `to ${topic}: is the name right (--set, --topic), and do its access rules (ACL) let this user ` +
        `publish there?${stop.detail === '' ? '' : ` Last: ${stop.detail}`}`
      );
    case 'refused':
      return stop.detail === ''
        ? `${broker} refused`
        : `not connected to the broker: ${stop.detail}`;
    case 'message-refused':
      return `${broker} refused a message to ${topic}${because}; its access rules (ACL) must let this user publish there`;
    case 'protocol':
      return `sending to ${broker} failed${because}`;
    case 'interrupted':
      return 'interrupted';
  }
}

const FEW = 10;

/** `192.0.2.7, 192.0.2.8`, or for a list `1,234 entries from list.txt:5 on, and what follows them` */
function nameEntries(messages: readonly PlannedMessage[]): string {
  const entries = messages.reduce((sum, message) => sum + message.entries, 0);
  if (entries <= FEW) return messages.flatMap(addressesOf).join(', ');
  const places = `${messages[0]?.from ?? ''} to ${messages.at(-1)?.to ?? ''}`;
  return `${count(entries, 'entry')} of ${places}, and whatever follows`;
}

function addressesOf({ payload }: PlannedMessage): string[] {
  const lines = Buffer.from(payload).toString().split('\n');
  return lines.map((line) => line.replace(/ .*/, ''));
}

export function exitCodeOf(cause: StopCause): ExitCode {
  switch (cause) {
    case 'message-refused':
      return ExitCode.refused;
    case 'cut-off':
      return ExitCode.unconfirmed;
    default:
      return ExitCode[cause];
  }
}

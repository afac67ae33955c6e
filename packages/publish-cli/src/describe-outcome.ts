import { count } from './count.js';
import { ExitCode } from './exit-codes.js';
import type { PlannedMessage } from './plan-messages.js';
import type { PublishRequest } from './request.js';
import type { SendOutcome, StopCause } from './send.js';

/** What has come of the sending, counted while it ran. */
export interface Tally {
  /** Entries and messages that the broker has confirmed. */
  readonly confirmedEntries: number;
  readonly confirmedMessages: number;
  readonly bad: number;
  readonly duplicates: number;
}

/** What may go well the next time, without anything being changed. */
const AGAIN = new Set<StopCause>(['unconfirmed', 'interrupted']);

type Request = Pick<PublishRequest, 'action' | 'topic' | 'qos' | 'waitSeconds'>;
type Stopped = Extract<SendOutcome<PlannedMessage>, { kind: 'stopped' }>;

/** `sent 1 ban to blacklist/add (confirmed by localhost:1883)` */
export function describeSuccess(request: Request, tally: Tally, broker: string): string {
  const { confirmedEntries, confirmedMessages, duplicates } = tally;
  if (confirmedEntries === 0) return `nothing to send to ${request.topic}`;
  return [
    `sent ${count(confirmedEntries, request.action)} to ${request.topic}`,
    confirmedMessages > 1 ? ` in ${count(confirmedMessages, 'message')}` : '',
    duplicates > 0 ? `, ${count(duplicates, 'duplicate')} left out` : '',
    request.qos === 0 ? ` (at QoS 0 ${broker} confirms nothing)` : ` (confirmed by ${broker})`,
  ].join('');
}

/** Lines for people about a sending that did not come to its end: why, and what is open. */
export function describeStop(
  request: Request,
  stop: Stopped,
  tally: Tally,
  broker: string,
): string[] {
  const lines = [headline(request, stop, broker)];
  if (stop.cause === 'unreachable') return [...lines, 'nothing was sent'];
  const { confirmedEntries } = tally;
  const [first] = stop.unconfirmed;
  if (confirmedEntries > 0) lines.push(`confirmed: ${count(confirmedEntries, request.action)}`);
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
      return `no connection to ${broker} within ${wait} (--wait)${because}`;
    case 'unconfirmed':
      return `${broker} did not confirm within ${wait} (--wait)${because}`;
    case 'refused':
      return stop.detail === '' ? `${broker} refused` : stop.detail;
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
    default:
      return ExitCode[cause];
  }
}

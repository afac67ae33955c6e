import { escapeForDisplay, type Explanation, type LeaseRecord, type Standing } from '@vallum/core';
import { describeTime } from '@vallum/core/protocol';
import { groupDigits } from '@vallum/options';
import type { ExitCode } from '../exit-codes.js';
import { whyOptions } from './options.js';
import { describeAge, describeSpan } from './relative-time.js';
import { runShow, type ShowIo, type ShowRequest } from './run-command.js';
import { plain, renderTable, type Paint } from './table.js';

/**
 * Runs `vallumd why`: who banned an address, since when, until when, why, and what is done about it.
 *
 * @param argv what follows `why`
 */
export function runWhy(argv: readonly string[], io: ShowIo): Promise<ExitCode> {
  return runShow(
    {
      name: 'why',
      table: whyOptions,
      argument: 'ADDRESS',
      help: {
        usage:
          'Usage: vallumd why ADDRESS [--set SET] [--json]\n\n' +
          'Shows all that is known about an address or prefix, every prefix around it and everything\n' +
          'inside it: who banned it, since when, until when and why, and what this node does about it.',
      },
      show,
    },
    argv,
    io,
  );
}

async function show(request: ShowRequest<typeof whyOptions>): Promise<undefined> {
  const { source, values, argument = '', paint, now, write } = request;
  const query = new URLSearchParams({ address: argument });
  if (values.set !== undefined) query.set('set', values.set);
  const explanation = (await source.json(`/api/why?${query.toString()}`)) as Explanation;
  if (values.json) await write(`${JSON.stringify(explanation, null, 2)}\n`);
  else await write(renderWhy(explanation, now, paint, source.instead === undefined));
  return undefined;
}

/** @param isRunning whether what the daemon does about it is known */
export function renderWhy(
  { address, blocked, standings, more, ...rest }: Explanation,
  now: number,
  paint: Paint,
  isRunning: boolean,
): string {
  const verdict = !isRunning
    ? standings.some(({ until }) => until !== undefined)
      ? `${address} has bans; whether they are enforced only a running vallumd knows`
      : `${address} is not banned`
    : blocked
      ? `${address} is blocked here`
      : `${address} is not blocked here`;
  const guard = rest.protected;
  const lines = [
    `${paint(blocked ? 'red' : 'bold', verdict)}\n`,
    ...(guard === undefined
      ? []
      : [
          `it cannot be banned here: ${plain(guard.address)} is protected (${plain(guard.because)})\n`,
        ]),
    ...(standings.length === 0 ? ['nothing is known of it, nor of a prefix around it\n'] : []),
    ...standings.map((standing) => renderStanding(standing, now, paint, isRunning)),
    ...(more === 0 ? [] : [`\nand ${groupDigits(more)} more inside\n`]),
  ];
  return lines.join('');
}

function renderStanding(
  { set, address, relation, records, enforcement, topics = [set] }: Standing,
  now: number,
  paint: Paint,
  isRunning: boolean,
): string {
  const what = {
    same: '',
    around: ', which it lies in',
    inside: ', which lies inside',
    beside: ', whose ban is widened to a network that it lies in',
  }[relation];
  const state = !isRunning
    ? ''
    : enforcement === undefined
      ? ': not banned any more'
      : `: ${describeEnforcement(enforcement)}`;
  const rows = records.map((record) => recordRow(record, now));
  const table = renderTable(['  who', 'what', 'since', 'until', 'reason'], rows, paint);
  const isPlain = topics.length === 1 && topics[0] === set;
  const over = isPlain ? '' : `, by topic ${topics.map(plain).join(' or ')}`;
  return `\n${paint('bold', plain(address))} in ${plain(set)}${over}${what}${state}\n${table}`;
}

function describeEnforcement(enforcement: NonNullable<Standing['enforcement']>): string {
  switch (enforcement.state) {
    case 'enforced':
      return (
        `banned, kernel set ${enforcement.kernelSet} holds it` +
        (enforcement.detail === undefined ? '' : `; ${enforcement.detail}`)
      );
    case 'held-by-other':
      return `blocked by an entry that somebody else put into kernel set ${enforcement.kernelSet}`;
    case 'pending':
      return `not enforced yet: ${plain(enforcement.detail)}`;
    case 'refused':
      return `not enforced here: ${plain(enforcement.detail)}`;
  }
}

function recordRow(
  { kind, origin, until, live, stampMs, ownStamp, reason }: LeaseRecord,
  now: number,
): string[] {
  const age = now - stampMs / 1000;
  const since = `${describeTime(Math.floor(stampMs / 1000))} (${describeAge(age)}${ownStamp ? ', as received' : ''})`;
  const what =
    kind === 'lease' ? (live ? 'ban' : 'ban, over') : kind === 'sweep' ? 'unban of all' : 'unban';
  return [
    `  ${origin === '' ? '(anonymous)' : origin}`,
    what,
    since,
    kind === 'lease' ? describeEnd(until ?? 'default', now) : '',
    reason === undefined ? '' : escapeForDisplay(reason),
  ];
}

export function describeEnd(until: number | 'never' | 'default', now: number): string {
  if (until === 'never') return 'for ever';
  if (until === 'default') return 'as the set says';
  const left = until - now;
  return `${describeTime(until)} (${left > 0 ? `in ${describeSpan(left)}` : describeAge(-left)})`;
}

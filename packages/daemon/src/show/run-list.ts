import { escapeForDisplay, type LeaseRecord } from '@vallum/core';
import { describeTime } from '@vallum/core/protocol';
import type { ExitCode } from '../exit-codes.js';
import { listOptions } from './options.js';
import { readLines } from './read-lines.js';
import { runShow, type ShowIo, type ShowRequest } from './run-command.js';
import { describeEnd } from './run-why.js';
import { plain, renderTable, type Paint } from './table.js';

/**
 * Runs `vallumd list`: the bans of a set, or of all.
 *
 * @param argv what follows `list`
 */
export function runList(argv: readonly string[], io: ShowIo): Promise<ExitCode> {
  return runShow(
    {
      name: 'list',
      table: listOptions,
      argument: 'SET?',
      help: {
        usage:
          'Usage: vallumd list [SET] [--origin NAME] [--since TIME] [--ending TIME] [--within PREFIX]\n' +
          '                    [--sort address|until|since] [--limit COUNT] [--offset COUNT] [--json-lines]\n\n' +
          'Lists bans, one line for each origin that asked for one.',
      },
      show,
    },
    argv,
    io,
  );
}

async function show(request: ShowRequest<typeof listOptions>): Promise<undefined> {
  const { source, values, argument, paint, now, write } = request;
  const lines = readLines(source.text(`/api/leases?${queryOf(values, argument, now).toString()}`));
  const pieces = values['json-lines']
    ? asLines(lines)
    : values.json
      ? asJson(lines)
      : asTable(lines, now, paint);
  for await (const piece of pieces) if (!(await write(piece))) return undefined;
  return undefined;
}

async function* asLines(lines: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  for await (const some of lines) yield some.map((line) => `${line}\n`).join('');
}

async function* asJson(lines: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  let before = '[';
  for await (const some of lines) {
    yield before + some.join(',\n');
    before = ',\n';
  }
  yield before === '[' ? '[]\n' : ']\n';
}

async function* asTable(
  lines: AsyncIterable<readonly string[]>,
  now: number,
  paint: Paint,
): AsyncGenerator<string> {
  let head: readonly string[] | undefined = HEAD;
  for await (const some of lines) {
    const rows = some.map((line) => toRow(JSON.parse(line) as LeaseRecord, now));
    yield renderTable(head, rows, paint);
    head = undefined;
  }
  if (head !== undefined) yield 'no bans\n';
}

function queryOf(
  values: ShowRequest<typeof listOptions>['values'],
  set: string | undefined,
  now: number,
): URLSearchParams {
  const { origin, since, ending, within, all, sort, limit, offset } = values;
  const given = {
    ...{ format: 'jsonl', set, origin, within, sort, offset },
    since: since === undefined ? undefined : Math.floor(now - since),
    ending: ending === undefined ? undefined : Math.ceil(now + ending),
    all: all ? 'true' : undefined,
    limit: limit === 0 ? undefined : limit,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query;
}

const HEAD = ['address', 'set', 'who', 'since', 'until', 'reason'];

function toRow(
  { address, set, origin, stampMs, until, kind, reason, policy }: LeaseRecord,
  now: number,
): string[] {
  return [
    address,
    set,
    origin === '' ? '(anonymous)' : origin,
    describeTime(Math.floor(stampMs / 1000)),
    (kind === 'lease' ? describeEnd(until ?? 'default', now) : kind) +
      (policy === undefined ? '' : `; ${plain(policy)}`),
    reason === undefined ? '' : escapeForDisplay(reason),
  ];
}

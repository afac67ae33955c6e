import type { TopRow } from '../control/count-top.js';
import type { ExitCode } from '../exit-codes.js';
import { topOptions } from './options.js';
import { runShow, type ShowIo, type ShowRequest } from './run-command.js';
import { renderTable } from './table.js';

/**
 * Runs `vallumd top`: which origins, and which networks, have the most bans.
 *
 * @param argv what follows `top`
 */
export function runTop(argv: readonly string[], io: ShowIo): Promise<ExitCode> {
  return runShow(
    {
      name: 'top',
      table: topOptions,
      help: {
        usage:
          'Usage: vallumd top [--by origin|network] [--set SET] [--limit COUNT] [--json]\n\n' +
          'Counts bans by who asked for them, and by the network that they are in: /24 for IPv4, /48 for\n' +
          'IPv6.',
      },
      show,
    },
    argv,
    io,
  );
}

async function show(request: ShowRequest<typeof topOptions>): Promise<undefined> {
  const { source, values, paint, write } = request;
  const wanted = values.by === undefined ? (['origin', 'network'] as const) : [values.by];
  const found: Record<string, readonly TopRow[]> = {};
  for (const by of wanted) {
    const query = new URLSearchParams({ by, limit: values.limit.toString() });
    if (values.set !== undefined) query.set('set', values.set);
    const { rows } = (await source.json(`/api/top?${query.toString()}`)) as {
      readonly rows: TopRow[];
    };
    found[by] = rows;
  }
  if (values.json) {
    await write(`${JSON.stringify(found, null, 2)}\n`);
    return undefined;
  }
  const tables = wanted.map((by) =>
    renderTable(
      [by, 'bans'],
      (found[by] ?? []).map(({ name, bans }) => [name === '' ? '(anonymous)' : name, bans]),
      paint,
    ),
  );
  await write(tables.join('\n'));
  return undefined;
}

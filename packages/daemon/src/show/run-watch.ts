import { describeTime } from '@vallum/core/protocol';
import type { FeedEvent } from '../control/event-feed.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { watchOptions } from './options.js';
import { readLines } from './read-lines.js';
import { runShow, type ShowIo, type ShowRequest } from './run-command.js';
import { plain, type Paint } from './table.js';

/**
 * Runs `vallumd watch`: bans, unbans, refusals, sets and connections as they happen, until it is
 * interrupted or the daemon ends.
 *
 * @param argv what follows `watch`
 */
export function runWatch(argv: readonly string[], io: ShowIo): Promise<ExitCode> {
  return runShow(
    {
      name: 'watch',
      table: watchOptions,
      onlyRunning: 'only a running one has something to watch',
      help: {
        usage:
          'Usage: vallumd watch [--recent COUNT] [--json-lines]\n\n' +
          'Shows bans, unbans, refusals, sets and connections as they happen.',
        epilogue:
          'Exit codes: 64 usage, 66 no vallumd runs, 69 vallumd has ended, 77 not permitted.',
      },
      show,
    },
    argv,
    io,
  );
}

async function show(request: ShowRequest<typeof watchOptions>): Promise<ExitCode> {
  const { source, values, paint, write } = request;
  const events = source.text(`/api/events?recent=${values.recent.toString()}`);
  for await (const lines of readLines(events)) {
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue;
      const json = line.slice('data: '.length);
      const text = values['json-lines'] ? json : renderEvent(JSON.parse(json) as FeedEvent, paint);
      if (!(await write(`${text}\n`))) return EXIT.ok;
    }
  }
  return EXIT.unavailable;
}

export function renderEvent({ time, level, message }: FeedEvent, paint: Paint): string {
  const when = paint('dim', describeTime(Date.parse(time) / 1000));
  const colour = level === 'error' ? 'red' : level === 'warning' ? 'yellow' : undefined;
  const said = plain(message);
  return `${when}  ${colour === undefined ? said : paint(colour, said)}`;
}

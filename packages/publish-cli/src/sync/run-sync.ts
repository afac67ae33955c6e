import { renderHelp, resolveOptions } from '@vallum/options';
import { CommandFault } from '../command-fault.js';
import { heed, loadedOptions, typedOptions, usageFault } from '../command-options.js';
import { brokerName, chosenBroker } from '../connect.js';
import { ExitCode } from '../exit-codes.js';
import { DEFAULT_CONFIG_PATH } from '../options.js';
import type { PublishIo } from '../publish-io.js';
import type { Report } from '../report.js';
import { runReported } from '../run-reported.js';
import type { FetchDeps } from './fetch-list.js';
import { loadFeed, type Feed } from './load-feed.js';
import { syncOptions } from './sync-options.js';
import { toSyncRequest } from './sync-request.js';
import { synchronize } from './synchronize.js';

const command = { program: 'vallum-pub sync', table: syncOptions } as const;

/**
 * Runs `vallum-pub sync`.
 *
 * @param argv what follows `sync`
 */
export function runSync(
  argv: readonly string[],
  io: PublishIo,
  deps: FetchDeps = {},
): Promise<ExitCode> {
  const run = (report: Report) => sync(argv, io, report, deps);
  return runReported({ table: syncOptions, help: syncHelp, run }, argv, io);
}

async function sync(
  argv: readonly string[],
  io: PublishIo,
  report: Report,
  deps: FetchDeps,
): Promise<ExitCode> {
  const feed = await namedFeed(argv, io);
  const loaded = await loadedOptions(command, argv, io, feed?.entries);
  const { values, places, warnings, configPath } = loaded;
  const request = toSyncRequest(loaded, (io.nowMs ?? Date.now)(), feed);
  if (!request.ok) {
    throw feed === undefined
      ? usageFault(command.program, request.detail)
      : new CommandFault(request.detail, ExitCode.config);
  }
  heed(values, warnings, report);
  const mqtt = chosenBroker({
    values: { ...values, url: values['broker-url'] },
    places: { ...places, url: places['broker-url'] },
  });
  const { column } = values;
  return synchronize(
    request.value,
    { mqtt, name: brokerName(mqtt), column, configPath: configPath ?? feed?.path },
    { io, report, fetch: deps },
  );
}

/** @throws CommandFault */
async function namedFeed(argv: readonly string[], io: PublishIo): Promise<Feed | undefined> {
  const { feed } = typedOptions(command, argv).values;
  if (feed === undefined) return undefined;
  const named = resolveOptions(syncOptions, { argv, env: io.env, positionals: true });
  const config = named.ok ? named.value.values.config : undefined;
  const loaded = await loadFeed(feed, config ?? io.defaultConfigPath ?? DEFAULT_CONFIG_PATH);
  if (!loaded.ok) throw new CommandFault(loaded.detail, ExitCode.config);
  return loaded.value;
}

function syncHelp(): Promise<string> {
  return renderHelp(syncOptions, {
    program: 'vallum-pub sync',
    usage:
      'Usage: vallum-pub sync --file LIST --set SET --origin NAME [options]\n' +
      '       vallum-pub sync --url URL --set SET --origin NAME [options]\n' +
      '       vallum-pub sync --feed NAME\n\n' +
      'Makes the bans of this origin equal to the list: new entries are banned, missing ones are lifted,\n' +
      'and the others are renewed before they end. The list holds addresses, prefixes and ranges, one\n' +
      'per line, and may have comments (Spamhaus DROP, FireHOL). It may also be JSON lines with "cidr",\n' +
      'or CSV with --column.',
    epilogue: 'Exit codes: those of vallum-pub add (vallum-pub --help).',
  });
}

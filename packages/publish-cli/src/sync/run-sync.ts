import {
  firstRequested,
  loadOptions,
  renderHelp,
  resolveOptions,
  toMqttOptions,
  useUtc,
} from '@vallum/options';
import { brokerName, withDefaultHost } from '../connect.js';
import { ExitCode } from '../exit-codes.js';
import { isUnreadableList } from '../open-list.js';
import { DEFAULT_CONFIG_PATH } from '../options.js';
import type { PublishIo } from '../publish-io.js';
import { Report } from '../report.js';
import { loadFeed, type Feed } from './load-feed.js';
import { NotAsked } from './known-before.js';
import { UnusableState } from './state-file.js';
import { syncOptions } from './sync-options.js';
import { toSyncRequest } from './sync-request.js';
import { synchronize } from './synchronize.js';
import type { FetchDeps } from './fetch-list.js';

/**
 * Runs `vallum-pub sync`.
 *
 * @param argv what follows `sync`
 */
export async function runSync(
  argv: readonly string[],
  io: PublishIo,
  deps: FetchDeps = {},
): Promise<ExitCode> {
  if (firstRequested(syncOptions, argv, ['help']) !== undefined) {
    io.stdout.write(await syncHelp());
    return ExitCode.ok;
  }
  const report = new Report(io, firstRequested(syncOptions, argv, ['json']) !== undefined);
  try {
    return report.end(await run(argv, io, report, deps));
  } catch (error) {
    if (isUnreadableList(error)) {
      report.complain(error.message);
      return report.end(io.signal?.aborted === true ? ExitCode.interrupted : ExitCode.noInput);
    }
    if (error instanceof NotAsked) {
      report.complain(error.message);
      return report.end(error.exitCode);
    }
    if (error instanceof UnusableState) {
      report.complain(error.message);
      return report.end(ExitCode.state);
    }
    report.end(ExitCode.internal);
    throw error;
  }
}

async function run(
  argv: readonly string[],
  io: PublishIo,
  report: Report,
  deps: FetchDeps,
): Promise<ExitCode> {
  const refuse = (detail: string, code: ExitCode) => {
    report.complain(code === ExitCode.usage ? `${detail} (vallum-pub sync --help)` : detail);
    return code;
  };
  const typed = resolveOptions(syncOptions, { argv, env: {}, positionals: true });
  if (!typed.ok) return refuse(typed.detail, ExitCode.usage);
  const defaultConfigPath = io.defaultConfigPath ?? DEFAULT_CONFIG_PATH;
  let feed: Feed | undefined;
  if (typed.value.values.feed !== undefined) {
    const named = resolveOptions(syncOptions, { argv, env: io.env, positionals: true });
    const config = (named.ok ? named.value.values.config : undefined) ?? defaultConfigPath;
    const loaded = await loadFeed(typed.value.values.feed, config);
    if (!loaded.ok) return refuse(loaded.detail, ExitCode.config);
    feed = loaded.value;
  }
  const loaded = await loadOptions(syncOptions, {
    argv,
    env: io.env,
    positionals: true,
    defaultConfigPath,
    ...(feed === undefined ? {} : { ownConfig: feed.entries }),
    ...(io.signal ? { cancellation: io.signal } : {}),
  });
  if (!loaded.ok) return refuse(loaded.detail, ExitCode.config);
  const { values, places, warnings } = loaded.value;
  if (values.utc) useUtc();
  const request = toSyncRequest(loaded.value, (io.nowMs ?? Date.now)(), feed);
  if (!request.ok) {
    return refuse(request.detail, feed === undefined ? ExitCode.usage : ExitCode.config);
  }
  for (const warning of warnings) report.complain(warning);
  report.quiet = values.quiet;
  report.verbose = values.verbose;
  const broker = toMqttOptions(
    { ...values, url: values['broker-url'] },
    { ...places, url: places['broker-url'] },
  );
  if (!broker.ok) return refuse(broker.detail, ExitCode.config);
  const mqtt = withDefaultHost(broker.value);
  return synchronize(
    request.value,
    { mqtt, name: brokerName(mqtt), column: values.column },
    { io, report, fetch: deps },
  );
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

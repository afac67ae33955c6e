import { VallumError } from '@vallum/core';
import type { FindingsExit } from '@vallum/doctor';
import { firstRequested, useUtc } from '@vallum/options';
import { daemonCommands, describeUnknownCommand } from './commands.js';
import { DEFAULT_CONFIG, readConfiguration, type Configuration } from './configuration.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { createLog, type Log, type LogSink } from './log.js';
import { startNode } from './node.js';
import { daemonOptions } from './options.js';
import { reload } from './reload.js';
import { openDatagramSender } from './service/datagram-sender.js';
import { observeNode } from './service/observe-node.js';
import { connectServiceManager } from './service/service-manager.js';
import { createSyslogSink, SYSLOG_SOCKET } from './service/syslog.js';
import { waitForEnd } from './signals.js';
import { systemIo, type DaemonIo } from './system-io.js';
import { turnNowMs } from './turn-clock.js';
import { renderDaemonHelp, renderUsage } from './usage.js';
import { version } from './version.js';

/**
 * Runs vallumd until it is told to end.
 *
 * @param argv what follows the program's name
 * @returns the exit code
 */
export async function runDaemon(
  argv: readonly string[],
  io: DaemonIo = systemIo,
): Promise<ExitCode | FindingsExit> {
  // The ancestor knew options only, so a word in the first place is new.
  const [word, ...rest] = argv;
  if (word !== undefined && !word.startsWith('-')) {
    const command = daemonCommands.find(({ name }) => name === word);
    if (command) return command.run(rest, io);
    io.errors.write(`vallumd: ${describeUnknownCommand(word)}`);
    return EXIT.usage;
  }
  const requested = firstRequested(daemonOptions, argv, ['version', 'help']);
  if (requested === 'version') {
    io.print(`vallumd-${version}\n`);
    return EXIT.ok;
  }
  if (requested === 'help') {
    io.print(await renderDaemonHelp(io.columns));
    return EXIT.ok;
  }
  const checking = firstRequested(daemonOptions, argv, ['check-config']) !== undefined;
  const configuration = await readConfiguration(argv, io.env);
  if (!configuration.ok) {
    const { detail, showUsage, exitCode } = configuration;
    io.errors.write(`vallumd: ${detail}\n${showUsage ? renderUsage() : ''}`);
    return checking ? EXIT.config : exitCode;
  }
  if (configuration.values.utc) useUtc();
  if (configuration.values['check-config'] === true) {
    for (const warning of configuration.warnings) io.errors.write(`vallumd: ${warning}\n`);
    io.print(`${describeUsable(configuration)}\n`);
    const { foundPassword } = configuration;
    if (foundPassword !== undefined) io.print(`the password is that of ${foundPassword}\n`);
    return EXIT.ok;
  }

  const { live, logTarget } = configuration.settings;
  const sink = logTarget === 'syslog' ? await openSyslog(io) : io.errors;
  const log = createLog(live.log, sink, turnNowMs);
  try {
    return await run(configuration, argv, io, log);
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    log.write({
      level: 'error',
      event: 'cannot-start',
      message: error.message,
      fields: { code: error.code },
    });
    return exitCodeOf(error);
  }
}

async function run(
  first: Configuration,
  argv: readonly string[],
  io: DaemonIo,
  log: Log,
): Promise<ExitCode> {
  const { settings, warnings } = first;
  const sets = settings.live.topics.map(({ topic, set }) =>
    topic === set ? topic : `${topic} → ${set}`,
  );
  log.write({
    level: 'info',
    event: 'start',
    message:
      `vallumd ${version} starts as ${settings.node}, backend ${settings.backend.name}, ` +
      `${sets.join(', ')}; ${describeConfiguration(first)}`,
    fields: { version, node: settings.node, backend: settings.backend.name },
  });
  for (const warning of warnings) {
    log.write({ level: 'warning', event: 'configuration', message: warning });
  }
  if (settings.keeper) log.write(KEEPER);
  if (settings.backend.name === 'dry-run') log.write(DRY_RUN);

  // Before anything that takes time: a signal at any moment finds its listener.
  const signals = waitForEnd(io);
  const service = await connectServiceManager(io.env, (message) => {
    log.write({ level: 'warning', event: 'service-manager', message });
  });
  const observer = observeNode(service, (message) => {
    log.write({ level: 'error', event: 'stalled', message });
  });
  const node = await startNode(settings, log, observer);
  observer.ready();
  let current = first;
  signals.onReload(async () => {
    service.reloading();
    current = await reload({ current, argv, env: io.env, node, log });
    service.ready();
  });
  signals.onReconcile(async () => {
    await node.reconcile();
  });
  const signal = await signals.asked;
  service.stopping();
  observer.close();
  log.write({
    level: 'info',
    event: 'stop',
    message: `${signal}: stopping; the sets stay as they are`,
  });
  const forced = await signals.unlessAskedAgain(node.stop());
  signals.close();
  if (forced)
    log.write({
      level: 'warning',
      event: 'stopped',
      message: 'stopped at once, since it was asked twice',
    });
  return EXIT.ok;
}

const KEEPER = {
  level: 'info',
  event: 'keeper',
  message: 'this node is a keeper: it enforces nothing, and remembers all bans for the others',
} as const;

const DRY_RUN = {
  level: 'info',
  event: 'dry-run',
  message: 'dry run: the kernel is left as it is, and what would be done to it is told',
} as const;

/** Standard error takes what syslog does not: where there is none, vallumd runs all the same. */
async function openSyslog({ errors }: DaemonIo): Promise<LogSink> {
  try {
    const sender = await openDatagramSender(SYSLOG_SOCKET, { neverWait: true });
    return createSyslogSink({ sender, otherwise: errors });
  } catch (error) {
    if (!(error instanceof VallumError)) throw error;
    errors.write(`vallumd: the log goes to standard error: ${error.message}\n`);
    return errors;
  }
}

function describeUsable({ configPath }: Configuration): string {
  return configPath === undefined
    ? 'the configuration can be used; it comes from options and environment alone, since there is ' +
        `no ${DEFAULT_CONFIG}`
    : `configuration ${configPath}: can be used`;
}

function describeConfiguration({ configPath }: Configuration): string {
  return configPath === undefined
    ? `configured by options and environment alone (there is no ${DEFAULT_CONFIG})`
    : `configuration ${configPath}`;
}

function exitCodeOf(error: VallumError): ExitCode {
  switch (error.code) {
    case 'INVALID_ARGUMENT':
      return EXIT.config;
    case 'PERMISSION_DENIED':
      return EXIT.noPermission;
    case 'BACKEND_UNAVAILABLE':
    case 'BACKEND_FAILED':
    case 'BROKER_UNREACHABLE':
    case 'STORE_FAILED':
      return EXIT.unavailable;
    default:
      return EXIT.software;
  }
}

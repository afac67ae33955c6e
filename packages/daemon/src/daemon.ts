import { VallumError } from '@vallum/core';
import { firstRequested } from '@vallum/options';
import { readConfiguration, type Configuration } from './configuration.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { createLog, type Log } from './log.js';
import { startNode } from './node.js';
import { daemonOptions } from './options.js';
import { reload } from './reload.js';
import { waitForEnd } from './signals.js';
import { systemIo, type DaemonIo } from './system-io.js';
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
): Promise<ExitCode> {
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
  if (configuration.values['check-config'] === true) {
    for (const warning of configuration.warnings) io.errors.write(`vallumd: ${warning}\n`);
    io.print(`${describeConfiguration(configuration)}: can be used\n`);
    return EXIT.ok;
  }

  const log = createLog(configuration.settings.live.log, io.errors);
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

  // Before anything that takes time: a signal at any moment finds its listener.
  const signals = waitForEnd(io);
  const node = await startNode(settings, log);
  let current = first;
  signals.onReload(async () => {
    current = await reload({ current, argv, env: io.env, node, log });
  });
  const signal = await signals.asked;
  log.write({
    level: 'info',
    event: 'stop',
    message: `${signal}: stopping; the sets stay as they are`,
  });
  const forced = await signals.unlessAskedAgain(node.stop());
  signals.close();
  if (forced) log.write({ level: 'warning', event: 'stopped', message: 'stopped at once' });
  return EXIT.ok;
}

function describeConfiguration({ configPath }: Configuration): string {
  return configPath === undefined ? 'no configuration file' : `configuration ${configPath}`;
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

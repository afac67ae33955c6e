import type { FindingsExit } from '@vallum/doctor';
import { firstRequested, loadOptions, resolveOptions, useUtc } from '@vallum/options';
import { carryOut } from './carry-out.js';
import { ExitCode } from './exit-codes.js';
import { openList, UnreadableList } from './open-list.js';
import { DEFAULT_CONFIG_PATH, publishOptions } from './options.js';
import { requestedText, toRequest } from './parse-command-line.js';
import type { PublishIo } from './publish-io.js';
import { Report } from './report.js';
import { readVersion } from './version.js';

/**
 * Runs vallum-pub.
 *
 * @param argv what follows the program's name
 * @returns the exit code, see `exitCodeMeanings`
 */
export async function runPublish(
  argv: readonly string[],
  io: PublishIo,
): Promise<ExitCode | FindingsExit> {
  if (argv[0] === 'doctor') {
    const { runDoctor } = await import('./doctor.js');
    return runDoctor(argv.slice(1), io);
  }
  const asked = requestedText(argv);
  if (asked === 'version') {
    io.stdout.write(`vallum-pub-${readVersion()}\n`);
    return ExitCode.ok;
  }
  if (asked === 'help') {
    const { publishHelp } = await import('./help.js');
    io.stdout.write(await publishHelp());
    return ExitCode.ok;
  }

  const report = new Report(io, firstRequested(publishOptions, argv, ['json']) !== undefined);
  try {
    return report.end(await runCommand(argv, io, report));
  } catch (error) {
    report.end(ExitCode.internal);
    throw error;
  }
}

async function runCommand(
  argv: readonly string[],
  io: PublishIo,
  report: Report,
): Promise<ExitCode> {
  // By themselves first: a slip on the command line is no fault of the configuration.
  const typed = resolveOptions(publishOptions, { argv, env: {}, positionals: true });
  if (!typed.ok) {
    report.complain(`${typed.detail} (vallum-pub --help)`);
    return ExitCode.usage;
  }
  const loaded = await loadOptions(publishOptions, {
    argv,
    env: io.env,
    positionals: true,
    defaultConfigPath: io.defaultConfigPath ?? DEFAULT_CONFIG_PATH,
  });
  if (!loaded.ok) {
    report.complain(loaded.detail);
    return ExitCode.config;
  }
  if (loaded.value.values.utc) useUtc();
  const request = toRequest(loaded.value, (io.nowMs ?? Date.now)());
  if (!request.ok) {
    report.complain(`${request.detail} (vallum-pub --help)`);
    return ExitCode.usage;
  }
  for (const warning of loaded.value.warnings) report.complain(warning);

  try {
    const { list } = request.value;
    const opened = list === undefined ? undefined : await openList(list, () => io.stdin);
    return await carryOut(request.value, opened, loaded.value, io, report);
  } catch (error) {
    if (!(error instanceof UnreadableList)) throw error;
    report.complain(error.message);
    return ExitCode.noInput;
  }
}

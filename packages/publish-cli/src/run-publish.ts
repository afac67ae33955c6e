import type { FindingsExit } from '@vallum/doctor';
import { firstRequested } from '@vallum/options';
import { ExitCode } from './exit-codes.js';
import { openList } from './open-list.js';
import { publishOptions } from './options.js';
import { requestedText, toRequest } from './parse-command-line.js';
import type { PublishIo } from './publish-io.js';
import { Report } from './report.js';
import { runCommand, type SendingCommand } from './run-command.js';
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
  if (argv[0] === 'import') {
    const { runImport } = await import('./import-fail2ban.js');
    return runImport(argv.slice(1), io);
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
    return report.end(await runCommand(sending(io), argv, io, report));
  } catch (error) {
    report.end(ExitCode.internal);
    throw error;
  }
}

/** `add` and `del`. */
function sending(io: PublishIo): SendingCommand<typeof publishOptions> {
  return {
    table: publishOptions,
    plan: (loaded, nowMs) => {
      const request = toRequest(loaded, nowMs);
      if (!request.ok) return request;
      const { list } = request.value;
      return {
        ok: true,
        value: {
          request: request.value,
          connection: loaded,
          openList: () => (list === undefined ? undefined : openList(list, () => io.stdin)),
        },
      };
    },
  };
}

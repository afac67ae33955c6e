import type { FindingsExit } from '@vallum/doctor';
import { firstRequested, type OptionTable } from '@vallum/options';
import { connect } from './connect.js';
import { ExitCode } from './exit-codes.js';
import type { listLeases } from './list-leases.js';
import { openList, type OpenList } from './open-list.js';
import { publishOptions } from './options.js';
import { requestedText, toRequest } from './parse-command-line.js';
import type { PublishIo } from './publish-io.js';
import { Report } from './report.js';
import { runCommand, type SendingCommand } from './run-command.js';
import { loadSpool } from './spool/load.js';
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
  if (argv[0] === 'why') {
    const { runWhy } = await import('./why.js');
    return runWhy(argv.slice(1), io);
  }
  if (argv[0] === 'protect') {
    const { runProtect } = await import('./protect/run-protect.js');
    return runProtect(argv.slice(1), io);
  }
  if (argv[0] === 'sync') {
    const { runSync } = await import('./sync/run-sync.js');
    return runSync(argv.slice(1), io);
  }
  if (argv[0] === 'import') {
    return runImport(argv.slice(1), io);
  }
  if (argv[0] === 'flush' || argv[0] === 'spool') {
    return runSpool(argv[0], argv.slice(1), io);
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

  return runReporting((report) => sending(io, report), publishOptions, argv, io);
}

async function runImport(argv: readonly string[], io: PublishIo): Promise<ExitCode> {
  const { importCommand, importHelp, importOptions } = await import('./import-fail2ban.js');
  if (firstRequested(importOptions, argv, ['help']) !== undefined) {
    io.stdout.write(await importHelp());
    return ExitCode.ok;
  }
  const command = (report: Report) =>
    importCommand(io, (line) => {
      report.note(line);
    });
  return runReporting(command, importOptions, argv, io);
}

async function runSpool(
  command: 'flush' | 'spool',
  argv: readonly string[],
  io: PublishIo,
): Promise<ExitCode> {
  const { flushOptions, flushSpool, showSpool, spoolHelp } = await loadSpool();
  const asked = (name: 'help' | 'json') => firstRequested(flushOptions, argv, [name]) !== undefined;
  if (asked('help')) {
    io.stdout.write(await spoolHelp(command));
    return ExitCode.ok;
  }
  const report = new Report(io, asked('json'));
  try {
    return report.end(
      command === 'flush'
        ? await flushSpool(argv, io, io.connect ?? connect, report)
        : await showSpool(argv, io, report),
    );
  } catch (error) {
    report.end(ExitCode.internal);
    throw error;
  }
}

async function runReporting<const Table extends OptionTable>(
  command: (report: Report) => SendingCommand<Table>,
  table: Table,
  argv: readonly string[],
  io: PublishIo,
): Promise<ExitCode> {
  const report = new Report(io, firstRequested(table, argv, ['json']) !== undefined);
  try {
    return report.end(await runCommand(command(report), argv, io, report));
  } catch (error) {
    report.end(ExitCode.internal);
    throw error;
  }
}

async function openLeases(...args: Parameters<typeof listLeases>): Promise<OpenList> {
  const { listLeases } = await import('./list-leases.js');
  return listLeases(...args);
}

/** `add` and `del`. */
function sending(io: PublishIo, report: Report): SendingCommand<typeof publishOptions> {
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
          openList: () => {
            if (request.value.isAllOfOrigin === true) {
              return openLeases(request.value, loaded, io, report.complain);
            }
            return list === undefined ? undefined : openList(list, () => io.stdin);
          },
        },
      };
    },
  };
}

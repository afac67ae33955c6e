import type { FindingsExit } from '@vallum/doctor';
import { ExitCode } from './exit-codes.js';
import type { listLeases } from './list-leases.js';
import { openList, type OpenList } from './open-list.js';
import { publishOptions } from './options.js';
import { requestedText, toRequest } from './parse-command-line.js';
import type { PublishIo } from './publish-io.js';
import type { Report } from './report.js';
import { runCommand, type SendingCommand } from './run-command.js';
import { runReported } from './run-reported.js';
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
  if (requestedText(argv) === 'version') {
    io.stdout.write(`vallum-pub-${readVersion()}\n`);
    return ExitCode.ok;
  }
  const help = async () => (await import('./help.js')).publishHelp();
  const run = (report: Report) => runCommand(sending(io, report), argv, io, report);
  return runReported({ table: publishOptions, help, run }, argv, io);
}

async function runImport(argv: readonly string[], io: PublishIo): Promise<ExitCode> {
  const { importCommand, importHelp, importOptions } = await import('./import-fail2ban.js');
  const run = (report: Report) => {
    const command = importCommand(io, (line) => {
      report.note(line);
    });
    return runCommand(command, argv, io, report);
  };
  return runReported({ table: importOptions, help: importHelp, run }, argv, io);
}

async function runSpool(
  command: 'flush' | 'spool',
  argv: readonly string[],
  io: PublishIo,
): Promise<ExitCode> {
  const { flushOptions, flushSpool, showSpool, spoolHelp } = await loadSpool();
  const help = () => spoolHelp(command);
  const run = (report: Report) =>
    command === 'flush' ? flushSpool(argv, io, report) : showSpool(argv, io, report);
  return runReported({ table: flushOptions, help, run }, argv, io);
}

async function openLeases(...args: Parameters<typeof listLeases>): Promise<OpenList> {
  const { listLeases } = await import('./list-leases.js');
  return listLeases(...args);
}

/** `add` and `del`. */
function sending(io: PublishIo, report: Report): SendingCommand<typeof publishOptions> {
  return {
    program: 'vallum-pub',
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

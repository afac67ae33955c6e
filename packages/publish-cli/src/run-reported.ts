import { firstRequested, type OptionTable } from '@vallum/options';
import { isCommandFault } from './command-fault.js';
import { ExitCode } from './exit-codes.js';
import type { PublishIo } from './publish-io.js';
import { Report } from './report.js';

/** A command, as far as all of them are alike. */
export interface Command {
  readonly table: OptionTable;
  /** @returns the text of `--help` */
  readonly help: () => Promise<string>;
  /** @throws CommandFault */
  readonly run: (report: Report) => Promise<ExitCode>;
}

/**
 * Runs a command: `--help` answers whatever else stands there, and with `--json` there is one object in
 * the end, whatever the end is.
 */
export async function runReported(
  { table, help, run }: Command,
  argv: readonly string[],
  io: PublishIo,
): Promise<ExitCode> {
  const isAsked = (name: string) => firstRequested(table, argv, [name]) !== undefined;
  if (isAsked('help')) {
    io.stdout.write(await help());
    return ExitCode.ok;
  }
  const report = new Report(io, isAsked('json'));
  try {
    return report.end(await run(report));
  } catch (error) {
    if (!isCommandFault(error)) {
      report.end(ExitCode.internal);
      throw error;
    }
    // It says nothing about a list that an interrupted command could not read on.
    const isCutOff = error.name === 'UnreadableList' && io.signal?.aborted === true;
    report.complain(isCutOff ? 'interrupted' : error.message);
    return report.end(isCutOff ? ExitCode.interrupted : error.exitCode);
  }
}

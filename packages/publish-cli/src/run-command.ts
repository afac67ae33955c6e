import type { Result } from '@vallum/core';
import type { LoadedOptions, OptionTable } from '@vallum/options';
import { carryOut } from './carry-out.js';
import { heed, loadedOptions, usageFault, type CommandOptions } from './command-options.js';
import type { ConnectionChoice } from './connect.js';
import type { ExitCode } from './exit-codes.js';
import type { OpenList } from './open-list.js';
import type { PublishIo } from './publish-io.js';
import type { Report } from './report.js';
import type { PublishRequest } from './request.js';

/** What a command makes of its options. */
export interface Plan {
  readonly request: PublishRequest;
  readonly connection: ConnectionChoice;
  /** @throws UnreadableList */
  readonly openList: () => OpenList | undefined | Promise<OpenList>;
}

export interface SendingCommand<Table extends OptionTable> extends CommandOptions<Table> {
  readonly plan: (loaded: LoadedOptions<Table>, nowMs: number) => Result<Plan, string>;
}

/**
 * Reads the options of a command, and sends what it plans.
 *
 * @throws CommandFault
 */
export async function runCommand<const Table extends OptionTable>(
  command: SendingCommand<Table>,
  argv: readonly string[],
  io: PublishIo,
  report: Report,
): Promise<ExitCode> {
  const loaded = await loadedOptions(command, argv, io);
  const planned = command.plan(loaded, (io.nowMs ?? Date.now)());
  if (!planned.ok) throw usageFault(command.program, planned.detail);
  const { request, connection, openList } = planned.value;
  heed(request, loaded.warnings, report);
  return carryOut(request, await openList(), connection, io, report);
}

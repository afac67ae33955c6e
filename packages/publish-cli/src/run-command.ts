import type { Result } from '@vallum/core';
import {
  loadOptions,
  resolveOptions,
  useUtc,
  type LoadedOptions,
  type OptionTable,
} from '@vallum/options';
import { carryOut, type ConnectionChoice } from './carry-out.js';
import { ExitCode } from './exit-codes.js';
import { isUnreadableList, type OpenList } from './open-list.js';
import { DEFAULT_CONFIG_PATH } from './options.js';
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

export interface SendingCommand<Table extends OptionTable> {
  readonly table: Table;
  readonly plan: (loaded: LoadedOptions<Table>, nowMs: number) => Result<Plan, string>;
}

/** Reads the options of a command, and sends what it plans. */
export async function runCommand<const Table extends OptionTable>(
  { table, plan }: SendingCommand<Table>,
  argv: readonly string[],
  io: PublishIo,
  report: Report,
): Promise<ExitCode> {
  // By themselves first: a slip on the command line is no fault of the configuration.
  const typed = resolveOptions(table, { argv, env: {}, positionals: true });
  if (!typed.ok) {
    report.complain(`${typed.detail} (vallum-pub --help)`);
    return ExitCode.usage;
  }
  const loaded = await loadOptions(table, {
    argv,
    env: io.env,
    positionals: true,
    defaultConfigPath: io.defaultConfigPath ?? DEFAULT_CONFIG_PATH,
    ...(io.signal ? { cancellation: io.signal } : {}),
  });
  const isInterrupted = () => io.signal?.aborted === true;
  if (isInterrupted()) {
    report.complain('interrupted');
    return ExitCode.interrupted;
  }
  if (!loaded.ok) {
    report.complain(loaded.detail);
    return ExitCode.config;
  }
  if ((loaded.value.values as { readonly utc?: unknown }).utc === true) useUtc();
  const planned = plan(loaded.value, (io.nowMs ?? Date.now)());
  if (!planned.ok) {
    report.complain(`${planned.detail} (vallum-pub --help)`);
    return ExitCode.usage;
  }
  for (const warning of loaded.value.warnings) report.complain(warning);

  const { request, connection, openList } = planned.value;
  report.quiet = request.quiet;
  report.verbose = request.verbose;
  try {
    return await carryOut(request, await openList(), connection, io, report);
  } catch (error) {
    if (!isUnreadableList(error)) throw error;
    if (isInterrupted()) {
      report.complain('interrupted');
      return ExitCode.interrupted;
    }
    report.complain(error.message);
    return ExitCode.noInput;
  }
}

import {
  loadOptions,
  resolveOptions,
  useUtc,
  type ConfigEntry,
  type LoadedOptions,
  type OptionTable,
  type ResolvedOptions,
} from '@vallum/options';
import { CommandFault } from './command-fault.js';
import { ExitCode } from './exit-codes.js';
import { DEFAULT_CONFIG_PATH } from './options.js';
import type { PublishIo } from './publish-io.js';
import type { Report } from './report.js';

/** What a command takes. */
export interface CommandOptions<Table extends OptionTable> {
  /** As one calls it; its `--help` explains it: `vallum-pub sync`. */
  readonly program: string;
  readonly table: Table;
  /** Whether words may stand beside the options. Default true. */
  readonly positionals?: boolean;
}

/** A slip on the command line, with where to read how it is done. */
export function usageFault(program: string, detail: string): CommandFault {
  return new CommandFault(`${detail} (${program} --help)`, ExitCode.usage);
}

/**
 * The command line by itself: a slip there is no fault of the configuration.
 *
 * @throws CommandFault
 */
export function typedOptions<const Table extends OptionTable>(
  { program, table, positionals = true }: CommandOptions<Table>,
  argv: readonly string[],
): ResolvedOptions<Table> {
  const typed = resolveOptions(table, { argv, env: {}, positionals });
  if (!typed.ok) throw usageFault(program, typed.detail);
  return typed.value;
}

/**
 * What the command line, the environment and the configuration say together; `--utc` counts from then on.
 *
 * @param ownConfig of the command, rules over the configuration file
 * @throws CommandFault
 */
export async function loadedOptions<const Table extends OptionTable>(
  command: CommandOptions<Table>,
  argv: readonly string[],
  io: PublishIo,
  ownConfig?: readonly ConfigEntry[],
): Promise<LoadedOptions<Table>> {
  typedOptions(command, argv);
  const loaded = await loadOptions(command.table, {
    ...{ argv, env: io.env, positionals: command.positionals ?? true },
    defaultConfigPath: io.defaultConfigPath ?? DEFAULT_CONFIG_PATH,
    ...(ownConfig === undefined ? {} : { ownConfig }),
    ...(io.signal ? { cancellation: io.signal } : {}),
  });
  if (io.signal?.aborted === true) throw new CommandFault('interrupted', ExitCode.interrupted);
  if (!loaded.ok) throw new CommandFault(loaded.detail, ExitCode.config);
  if ((loaded.value.values as { readonly utc?: unknown }).utc === true) useUtc();
  return loaded.value;
}

/** Says what should be looked at, and lets the report be as loud as was asked for. */
export function heed(
  { quiet, verbose }: { readonly quiet: boolean; readonly verbose: boolean },
  warnings: readonly string[],
  report: Report,
): void {
  report.quiet = quiet;
  report.verbose = verbose;
  for (const warning of warnings) report.complain(warning);
}

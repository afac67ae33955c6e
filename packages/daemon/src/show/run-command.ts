import {
  firstRequested,
  loadOptions,
  quote,
  renderHelp,
  useUtc,
  type OptionTable,
  type Values,
} from '@vallum/options';
import { DEFAULT_CONFIG } from '../configuration.js';
import { NoAnswer, Refused } from '../control/client.js';
import { findControlPath } from '../control/control-path.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { stateFolder, type DaemonValues } from '../settings.js';
import { writeToReader, type DaemonIo } from '../system-io.js';
import { shown } from './options.js';
import { NoSource, openSource, type Source } from './source.js';
import { painter, type Paint } from './table.js';

export type ShowIo = Pick<DaemonIo, 'env' | 'print' | 'errors' | 'columns'>;

/** What a command shows, and from what. */
export interface ShownCommand<Table extends OptionTable> {
  readonly name: string;
  readonly table: Table;
  /** What follows its name, `ADDRESS`; ended by `?` where it may be left out. */
  readonly argument?: string;
  readonly help: { readonly usage: string; readonly epilogue?: string };
  /** What only a running daemon can tell, as a clause; left out: the journal tells it too. */
  readonly onlyRunning?: string;
  show(request: ShowRequest<Table>): Promise<ExitCode | undefined>;
}

export interface ShowRequest<Table extends OptionTable> {
  readonly source: Source;
  readonly values: Values<Table>;
  readonly argument: string | undefined;
  readonly paint: Paint;
  /** Unix seconds. */
  readonly now: number;
  /** @returns false where nobody reads any more */
  readonly write: (text: string) => Promise<boolean>;
}

const CODES =
  'Exit codes: 0 shown, 64 usage, 66 neither vallumd nor a journal found, 69 vallumd cannot answer, 77 not permitted.';
const OF_NO_SOURCE = {
  absent: EXIT.noInput,
  forbidden: EXIT.noPermission,
  hung: EXIT.unavailable,
} as const;

/** Runs a command that shows something of the running daemon, or of its journal where it does not run. */
export async function runShow<const Table extends OptionTable>(
  command: ShownCommand<Table>,
  argv: readonly string[],
  io: ShowIo,
): Promise<ExitCode> {
  const { name, table, argument } = command;
  const refuse = (exitCode: ExitCode, detail: string): ExitCode => {
    io.errors.write(`vallumd ${name}: ${detail}\n`);
    return exitCode;
  };
  if (firstRequested(table, argv, ['help']) !== undefined) {
    io.print(await renderCommandHelp(command, io.columns));
    return EXIT.ok;
  }
  const loaded = await loadOptions(table, {
    ...{ argv, env: io.env, defaultConfigPath: DEFAULT_CONFIG, positionals: true },
  });
  if (!loaded.ok) return refuse(EXIT.usage, loaded.detail);
  const { values, positionals } = loaded.value;
  const [given, extra] = positionals;
  if (extra !== undefined || (given !== undefined && argument === undefined)) {
    return refuse(
      EXIT.usage,
      `${quote(extra ?? given ?? '')} is one word too many; --help shows how`,
    );
  }
  if (given === undefined && argument?.endsWith('?') === false) {
    return refuse(EXIT.usage, `no ${argument} is given: vallumd ${name} ${argument}`);
  }
  // Every table holds those of vallumd.
  const ofDaemon = values as unknown as DaemonValues;
  if (ofDaemon.utc) useUtc();
  const folder = stateFolder(ofDaemon, io.env);
  const socketPath = findControlPath(ofDaemon, folder, io.env);
  let source: Source | undefined;
  try {
    const { onlyRunning } = command;
    source = await openSource({
      ...{ socketPath, stateFolder: folder },
      ...(onlyRunning === undefined ? {} : { onlyRunning }),
    });
    if (source.instead !== undefined) io.errors.write(`vallumd ${name}: ${source.instead}\n`);
    const shownAs = await command.show({
      ...{ source, values, argument: given },
      paint: painter(io.columns !== undefined, io.env),
      now: Date.now() / 1000,
      write: writeToReader,
    });
    return shownAs ?? EXIT.ok;
  } catch (error) {
    if (error instanceof NoSource) return refuse(OF_NO_SOURCE[error.kind], error.message);
    if (error instanceof NoAnswer) return refuse(EXIT.unavailable, error.message);
    if (error instanceof Refused) {
      return refuse(error.status < 500 ? EXIT.usage : EXIT.unavailable, error.message);
    }
    throw error;
  } finally {
    await source?.close();
  }
}

function renderCommandHelp(
  { name, table, help }: Pick<ShownCommand<OptionTable>, 'name' | 'table' | 'help'>,
  columns?: number,
): Promise<string> {
  return renderHelp(shown(table), {
    program: `vallumd ${name}`,
    usage: help.usage,
    epilogue: help.epilogue ?? CODES,
    ...(columns === undefined ? {} : { columns }),
  });
}

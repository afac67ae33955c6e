import { describeJournal } from '@vallum/core';
import { firstRequested, renderHelp } from '@vallum/options';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { findStateFolder } from '../find-state-folder.js';
import { daemonOptions } from '../options.js';
import { stateOptions } from '../state-options.js';
import { writeToReader, type DaemonIo } from '../system-io.js';

export interface JournalDeps {
  /** The journal of a state folder as text, some lines at a time, each ended by a line feed. */
  readonly describe: (folder: string) => AsyncIterable<string>;
  /** Writes to standard output. @returns false where nobody reads any more */
  readonly write: (text: string) => Promise<boolean>;
}

const systemDeps: JournalDeps = { describe: describeJournal, write: writeToReader };

/**
 * Runs `vallumd journal`: prints what the state folder keeps, whether vallumd runs or not.
 *
 * @param argv what follows `journal`
 * @returns 66 where there is no journal
 */
export async function runJournal(
  argv: readonly string[],
  io: Pick<DaemonIo, 'env' | 'print' | 'errors' | 'columns'>,
  deps: JournalDeps = systemDeps,
): Promise<ExitCode> {
  if (firstRequested(daemonOptions, argv, ['help']) !== undefined) {
    io.print(await renderJournalHelp(io.columns));
    return EXIT.ok;
  }
  const refuse = (exitCode: ExitCode, detail: string): ExitCode => {
    io.errors.write(`vallumd journal: ${detail}\n`);
    return exitCode;
  };
  const found = await findStateFolder(argv, io.env);
  if (!found.ok) return refuse(found.exitCode, found.detail);
  const { folder } = found;
  try {
    await print(deps, folder);
    return EXIT.ok;
  } catch (error) {
    const code = codeOf(error);
    const detail = error instanceof Error ? error.message : String(error);
    switch (code) {
      case 'ENOENT':
      case 'ENOTDIR':
        return refuse(EXIT.noInput, `there is no journal in ${folder} (--state-dir names another)`);
      case 'EACCES':
      case 'EPERM':
      case 'PERMISSION_DENIED':
        return refuse(EXIT.noPermission, `${detail}; run it as root or as vallumd's user`);
      case undefined:
        throw error;
      default:
        return refuse(EXIT.unavailable, detail);
    }
  }
}

/** Ends early where the reader has seen enough, as `head` does. */
async function print({ describe, write }: JournalDeps, folder: string): Promise<void> {
  for await (const lines of describe(folder)) if (!(await write(lines))) return;
}

/** What the system said, where it said something; else what core did. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const inner = codeOf(error.cause);
  if (inner !== undefined) return inner;
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function renderJournalHelp(columns?: number): Promise<string> {
  return renderHelp(stateOptions, {
    program: 'vallumd journal',
    usage:
      'Usage: vallumd journal [--state-dir FOLDER]\n\n' +
      'Prints what vallumd keeps over a restart, one line for each lease or withdrawal: who banned\n' +
      'what, until when and why. It changes nothing, and leaves a running vallumd alone. The other\n' +
      'options of vallumd are accepted, but have no effect here.',
    epilogue:
      'Exit codes: 0 all was printed, 64 usage, 66 no journal there, 69 not readable, 77 not permitted.',
    ...(columns === undefined ? {} : { columns }),
  });
}

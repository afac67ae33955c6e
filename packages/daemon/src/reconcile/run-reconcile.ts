import { findFolderHolder } from '@vallum/core';
import { firstRequested, renderHelp } from '@vallum/options';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { findStateFolder } from '../find-state-folder.js';
import { daemonOptions } from '../options.js';
import { stateOptions } from '../state-options.js';
import type { DaemonIo } from '../system-io.js';

export interface ReconcileDeps {
  /** The process that keeps its state in a folder, undefined where none does. */
  readonly findHolder: (folder: string) => Promise<number | undefined>;
  readonly kill: (pid: number, signal: 'SIGUSR1') => void;
}

const systemDeps: ReconcileDeps = {
  findHolder: findFolderHolder,
  kill: (pid, signal) => process.kill(pid, signal),
};

/**
 * Runs `vallumd reconcile`: tells the vallumd that keeps its state in a folder to compare and mend now.
 *
 * @param argv what follows `reconcile`
 * @returns 66 where no vallumd runs there
 */
export async function runReconcile(
  argv: readonly string[],
  io: Pick<DaemonIo, 'env' | 'print' | 'errors' | 'columns'>,
  deps: ReconcileDeps = systemDeps,
): Promise<ExitCode> {
  if (firstRequested(daemonOptions, argv, ['help']) !== undefined) {
    io.print(await renderReconcileHelp(io.columns));
    return EXIT.ok;
  }
  const refuse = (exitCode: ExitCode, detail: string): ExitCode => {
    io.errors.write(`vallumd reconcile: ${detail}\n`);
    return exitCode;
  };
  const found = await findStateFolder(argv, io.env);
  if (!found.ok) return refuse(found.exitCode, found.detail);
  const { folder } = found;
  let pid: number | undefined;
  try {
    pid = await deps.findHolder(folder);
    if (pid !== undefined) deps.kill(pid, 'SIGUSR1');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return refuse(EXIT.noPermission, `${detail}; run it as root or as vallumd's user`);
  }
  if (pid === undefined) {
    return refuse(
      EXIT.noInput,
      `no vallumd keeps its state in ${folder} (--state-dir names another)`,
    );
  }
  io.print(
    `vallumd, process ${String(pid)}, compares its sets and its ledger now; its log tells what differed\n`,
  );
  return EXIT.ok;
}

function renderReconcileHelp(columns?: number): Promise<string> {
  return renderHelp(stateOptions, {
    program: 'vallumd reconcile',
    usage:
      'Usage: vallumd reconcile [--state-dir FOLDER]\n\n' +
      'Tells the running vallumd to compare every entry of every set with what the set should hold, to\n' +
      'compare its bans with those of the other nodes, and to mend what differs. All this also happens\n' +
      'by itself within minutes. The other options of vallumd are accepted, but have no effect here.',
    epilogue:
      'Exit codes: 0 vallumd was told, 64 usage, 66 no vallumd runs there, 77 not permitted.',
    ...(columns === undefined ? {} : { columns }),
  });
}

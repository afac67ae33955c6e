import { findFolderHolder } from '@vallum/core';
import { firstRequested, renderHelp } from '@vallum/options';
import { askForJson, NoAnswer, Refused } from '../control/client.js';
import type { NodeReport } from '../control/node-report.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { findStateFolder } from '../find-state-folder.js';
import { daemonOptions } from '../options.js';
import { plain } from '../show/table.js';
import { reconcileOptions } from '../state-options.js';
import type { DaemonIo } from '../system-io.js';

export interface ReconcileDeps {
  /** Asks the vallumd behind a socket. @throws NoAnswer, Refused */
  readonly ask: typeof askForJson;
  /** The process that keeps its state in a folder, undefined where none does. */
  readonly findHolder: (folder: string) => Promise<number | undefined>;
  readonly kill: (pid: number, signal: 'SIGUSR1') => void;
}

const systemDeps: ReconcileDeps = {
  ask: askForJson,
  findHolder: findFolderHolder,
  kill: (pid, signal) => process.kill(pid, signal),
};

const ALIVE_WITHIN_MS = 5_000;
/** A set of a million takes seconds; of a program that hangs the log tells. */
const DONE_WITHIN_MS = 120_000;

/**
 * Runs `vallumd reconcile`: has the running vallumd compare and mend now, over its control socket; where that does
 * not answer, by a signal to the process that keeps its state in the folder.
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
  const { folder, socketPath } = found;
  if (socketPath !== undefined) {
    try {
      io.print(await overSocket(socketPath, deps.ask));
      return EXIT.ok;
    } catch (error) {
      if (error instanceof Refused) return refuse(EXIT.unavailable, error.message);
      if (!(error instanceof NoAnswer)) throw error;
      if (error.code === 'ETIMEDOUT') return refuse(EXIT.unavailable, error.message);
      // Without a socket, or without leave to use it, a signal may still reach it.
    }
  }
  let pid: number | undefined;
  try {
    pid = await deps.findHolder(folder);
    if (pid !== undefined) deps.kill(pid, 'SIGUSR1');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return refuse(
      EXIT.noPermission,
      `${detail}; run it as root, as vallumd's user or as a member of the group vallum`,
    );
  }
  if (pid === undefined) {
    const socket = socketPath === undefined ? '' : `, and none answers on ${socketPath}`;
    return refuse(
      EXIT.noInput,
      `no vallumd keeps its state in ${folder} (--state-dir names another)${socket}`,
    );
  }
  io.print(
    `vallumd, process ${String(pid)}, compares its sets and its ledger now; its log tells what differed\n`,
  );
  return EXIT.ok;
}

/** @returns what was mended, a sentence */
async function overSocket(socketPath: string, ask: ReconcileDeps['ask']): Promise<string> {
  const options = { withinMs: ALIVE_WITHIN_MS };
  const before = (await ask(socketPath, '/api/status', options)) as NodeReport;
  const after = (await ask(socketPath, '/api/reconcile', {
    ...{ method: 'POST', withinMs: DONE_WITHIN_MS },
  })) as NodeReport;
  const mended = after.sets.map(({ set, drift }) => {
    const earlier = before.sets.find((one) => one.set === set)?.drift ?? { added: 0, deleted: 0 };
    const added = String(drift.added - earlier.added);
    return `${set} ${added} added and ${String(drift.deleted - earlier.deleted)} removed`;
  });
  return plain(
    `${after.node} has compared its sets with its ledger: ${mended.join(', ') || 'there is no set'}; ` +
      'it asks the other nodes to compare theirs',
  ).concat('\n');
}

function renderReconcileHelp(columns?: number): Promise<string> {
  return renderHelp(reconcileOptions, {
    program: 'vallumd reconcile',
    usage:
      'Usage: vallumd reconcile [--control SOCKET] [--state-dir FOLDER]\n\n' +
      'Tells the running vallumd to compare every entry of every set with what the set should hold, to\n' +
      'compare its bans with those of the other nodes, and to mend what differs. All this also happens\n' +
      'by itself within minutes. The other options of vallumd are accepted, but have no effect here.',
    epilogue:
      'Exit codes: 0 done, 64 usage, 66 no vallumd runs there, 69 it hangs, 77 not permitted.',
    ...(columns === undefined ? {} : { columns }),
  });
}

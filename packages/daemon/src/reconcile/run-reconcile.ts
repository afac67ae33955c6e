import { findFolderHolder } from '@vallum/core';
import { firstRequested, renderHelp } from '@vallum/options';
import { askForJson, NoAnswer, Refused } from '../control/client.js';
import type { ReconcileReport } from '../control/node-view.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { findDaemon } from '../find-state-folder.js';
import { daemonOptions } from '../options.js';
import { plain } from '../show/table.js';
import { reconcileOptions } from '../state-options.js';
import type { DaemonIo } from '../system-io.js';
import { describeCompared, isInStep } from './compared-set.js';

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

const WHO_MAY = "run it as root, as vallumd's user or as a member of the group vallum";
const ALIVE_WITHIN_MS = 5_000;
/** A set of a million takes seconds; of a program that hangs the log tells. */
const DONE_WITHIN_MS = 120_000;

/**
 * Runs `vallumd reconcile`: has the running vallumd compare and mend now, over its control socket; where that does
 * not answer, by a signal to the process that keeps its state in the folder.
 *
 * @param argv what follows `reconcile`
 * @returns 66 where no vallumd runs there, 69 where a set could not be compared or put right
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
  const found = await findDaemon(argv, io.env);
  if (!found.ok) return refuse(found.exitCode, found.detail);
  const { folder, socketPath, backend } = found;
  let forbidden: string | undefined;
  if (socketPath !== undefined) {
    try {
      const report = await overSocket(socketPath, deps.ask);
      io.print(describeReport(report));
      return report.sets.every(isInStep) ? EXIT.ok : EXIT.unavailable;
    } catch (error) {
      if (error instanceof Refused) return refuse(EXIT.unavailable, error.message);
      if (!(error instanceof NoAnswer)) throw error;
      if (error.code === 'ETIMEDOUT') return refuse(EXIT.unavailable, error.message);
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
        const gone = `vallumd went away before it had compared (${error.message}): its log tells why`;
        return refuse(EXIT.unavailable, gone);
      }
      if (error.code === 'EACCES' || error.code === 'EPERM') forbidden = error.message;
      // Without a socket, or without leave to use it, a signal may still reach it.
    }
  }
  /** Behind a socket that this user may not use one may run all the same. */
  const refuseAbsent = (detail: string): ExitCode =>
    forbidden === undefined
      ? refuse(EXIT.noInput, detail)
      : refuse(EXIT.noPermission, `${forbidden}; ${WHO_MAY}`);
  const silent = socketPath === undefined ? '' : `, and none answers on ${socketPath}`;
  if (folder === undefined) {
    const elsewhere = '--control names the socket of one that runs, --state-dir its folder';
    return refuseAbsent(`with --backend ${backend} no state is kept${silent}; ${elsewhere}`);
  }
  let pid: number | undefined;
  try {
    pid = await deps.findHolder(folder);
    if (pid !== undefined) deps.kill(pid, 'SIGUSR1');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return refuse(EXIT.noPermission, `${detail}; ${WHO_MAY}`);
  }
  if (pid === undefined) {
    return refuseAbsent(
      `no vallumd keeps its state in ${folder} (--state-dir names another)${silent}`,
    );
  }
  io.print(
    `vallumd, process ${String(pid)}, compares its sets and its ledger now; its log tells what differed\n`,
  );
  return EXIT.ok;
}

async function overSocket(socketPath: string, ask: ReconcileDeps['ask']): Promise<ReconcileReport> {
  // One that hangs is not waited for as long as a comparison may take.
  await ask(socketPath, '/api/alive', { withinMs: ALIVE_WITHIN_MS });
  return (await ask(socketPath, '/api/reconcile', {
    ...{ method: 'POST', withinMs: DONE_WITHIN_MS },
  })) as ReconcileReport;
}

/** What was done, then a line a set. */
function describeReport({ node, sets }: ReconcileReport): string {
  const head = `${node} compares its sets with its ledger, and asks the other nodes to compare theirs:`;
  const lines = sets.length === 0 ? ['there is no set'] : sets.map(describeCompared);
  return [head, ...lines].map((line) => `${plain(line)}\n`).join('');
}

function renderReconcileHelp(columns?: number): Promise<string> {
  return renderHelp(reconcileOptions, {
    program: 'vallumd reconcile',
    usage:
      'Usage: vallumd reconcile [--control SOCKET] [--state-dir FOLDER]\n\n' +
      'Tells the running vallumd to compare every entry of every set with what the set should hold, to\n' +
      'compare its bans with those of the other nodes, and to mend what differs. Says of each set what\n' +
      'was missing or too much, or why it could not be compared. All this also happens by itself within\n' +
      'minutes. The other options of vallumd are accepted, but have no effect here.',
    epilogue:
      'Exit codes: 0 every set holds what it should, or it was told by a signal to see to that, 64 usage,\n' +
      '66 no vallumd runs there, 69 a set could not be compared or put right, or vallumd hangs, 77 not permitted.',
    ...(columns === undefined ? {} : { columns }),
  });
}

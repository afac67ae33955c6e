import type { Run } from '@vallum/core/backend';
import {
  exitCodeOfFindings,
  type Finding,
  type FindingsExit,
  type FindingsStyle,
} from '@vallum/doctor';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import type { DaemonIo } from '../../system-io.js';
import { compareFindings, type KeptFindings } from './compare-findings.js';
import { describeChanges, describeChangesJson } from './describe-changes.js';
import { readKeptFindings, writeKeptFindings } from './kept-findings-file.js';
import { takeTurn } from './take-turn.js';
import { couldTell, tellChange, type Audience } from './tell-change.js';

export interface ChangesRequest extends Audience {
  /** Where the findings are kept. */
  readonly file: string;
  readonly json: boolean;
  readonly style: FindingsStyle;
}

export interface ChangesDeps {
  readonly run: Run;
  readonly host: string;
  readonly nowUnix: () => number;
  /** How long another doctor may take to tell. Default: a program and a mail that both hang. */
  readonly waitMs?: number;
}

type ChangesIo = Pick<DaemonIo, 'env' | 'print' | 'errors'>;
type Complain = (what: string, error?: unknown) => void;

const WAIT_MS = 150_000;

/**
 * Prints what has changed since the last call, and tells whoever was named: nothing where nothing has, but for what
 * would keep them from being told.
 * What nobody could be told is told by the next call. Of several calls at once each change is told by one.
 *
 * @returns the exit code of the findings; 69 where nobody could be told, or nothing can be kept, or nobody could be if there were something
 */
export async function reportChanges(
  findings: readonly Finding[],
  request: ChangesRequest,
  io: ChangesIo,
  deps: ChangesDeps,
): Promise<FindingsExit | ExitCode> {
  const complain = (what: string, error?: unknown) => {
    const why = error === undefined ? '' : `: ${(error as Error).message}`;
    io.errors.write(`vallumd doctor: ${what}${why}\n`);
  };
  const endTurn = await takeTurn(request.file, deps.waitMs ?? WAIT_MS);
  if (endTurn === undefined) {
    complain(
      `another vallumd doctor still tells what has changed since ${request.file}: what this one has found is ` +
        'compared the next time',
    );
    return EXIT.unavailable;
  }
  try {
    return await compareAndTell(findings, request, io, deps, complain);
  } finally {
    endTurn();
  }
}

async function compareAndTell(
  findings: readonly Finding[],
  { file, json, style, ...audience }: ChangesRequest,
  io: ChangesIo,
  { run, host, nowUnix }: ChangesDeps,
  complain: Complain,
): Promise<FindingsExit | ExitCode> {
  const compared = compareFindings(await readOrComplain(file, complain), findings, nowUnix());
  let told;
  if (compared.changes.length > 0) {
    const describe = (look: FindingsStyle) =>
      json
        ? describeChangesJson(host, compared, findings)
        : describeChanges(host, compared, findings, look);
    io.print(describe(style));
    const { is, was } = compared;
    const report = describe({ verbose: style.verbose ?? false });
    told = await tellChange(audience, { host, is, was, report }, run, io.env);
  } else {
    told = await couldTell(audience, io.env);
  }
  for (const what of told.trouble) complain(what);
  let { failed } = told;
  try {
    await writeKeptFindings(file, failed ? compared.untold : compared.told);
  } catch (error) {
    complain('what was found cannot be kept, and is told again the next time', error);
    failed = true;
  }
  return failed ? EXIT.unavailable : exitCodeOfFindings(findings);
}

async function readOrComplain(file: string, complain: Complain): Promise<KeptFindings | undefined> {
  try {
    return await readKeptFindings(file);
  } catch (error) {
    complain(`${file} cannot be read, so that all is told anew`, error);
    return undefined;
  }
}

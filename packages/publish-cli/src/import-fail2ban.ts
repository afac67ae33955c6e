import { escapeForDisplay, type Failure } from '@vallum/core';
import { firstRequested, renderHelp } from '@vallum/options';
import { ExitCode } from './exit-codes.js';
import { importBans, type ImportChoice } from './fail2ban-bans.js';
import { importOptions, NOT_FOR_IMPORT } from './import-options.js';
import { UnreadableList, type OpenList } from './open-list.js';
import { toRequest } from './parse-command-line.js';
import type { PublishIo } from './publish-io.js';
import { readFail2ban } from './read-fail2ban.js';
import { Report } from './report.js';
import { runCommand, type SendingCommand } from './run-command.js';

/**
 * Runs `vallum-pub import fail2ban`.
 *
 * @param argv what follows `import`
 */
export async function runImport(argv: readonly string[], io: PublishIo): Promise<ExitCode> {
  if (firstRequested(importOptions, argv, ['help']) !== undefined) {
    io.stdout.write(await importHelp());
    return ExitCode.ok;
  }
  const report = new Report(io, firstRequested(importOptions, argv, ['json']) !== undefined);
  try {
    return report.end(await runCommand(importing(io, report), argv, io, report));
  } catch (error) {
    report.end(ExitCode.internal);
    throw error;
  }
}

function importing(io: PublishIo, report: Report): SendingCommand<typeof importOptions> {
  return {
    table: importOptions,
    plan: (loaded, nowMs) => {
      const { values, positionals } = loaded;
      if (positionals.length !== 1 || positionals[0] !== 'fail2ban') {
        return bad('say from where: vallum-pub import fail2ban --set SET');
      }
      for (const name of NOT_FOR_IMPORT) {
        if (values[name] !== undefined) {
          return bad(`import takes no --${name}: each ban brings its own end along`);
        }
      }
      // Each entry brings its own origin and reason.
      const own = { ...values, file: values.db, origin: undefined, reason: undefined };
      const request = toRequest({ values: own, positionals: ['add'] }, nowMs);
      if (!request.ok) return request;
      const choice = {
        origin: values.origin,
        jails: values.jail,
        reason: values.reason,
        nowSeconds: nowMs / 1000,
      };
      return {
        ok: true,
        value: {
          request: request.value,
          connection: loaded,
          openList: () => openBans(values.db, choice, io, report),
        },
      };
    },
  };
}

async function openBans(
  path: string,
  choice: ImportChoice,
  io: PublishIo,
  report: Report,
): Promise<OpenList> {
  const source = await readFail2ban(path, io.signal);
  const bans = importBans(source, choice);
  if (!bans.ok) throw new UnreadableList(bans.detail);
  const lines = bans.value;
  report.note(`${path}: ${lines.length.toString()} bans that have not ended`);
  report.note(`in the name of ${escapeForDisplay(choice.origin ?? source.host)}.JAIL`);
  const bytes = Buffer.from(lines.join('\n'));
  return { name: 'fail2ban', size: bytes.length, chunks: once(bytes) };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield await Promise.resolve(bytes);
}

function importHelp(): Promise<string> {
  return renderHelp(
    importOptions.filter(({ name }) => !(NOT_FOR_IMPORT as readonly string[]).includes(name)),
    {
      program: 'vallum-pub import',
      usage:
        'Usage: vallum-pub import fail2ban --set SET [--jail NAME] [--db FILE] [options]\n\n' +
        'Shares the bans that fail2ban holds now: all in one go, with their ends, and in the names\n' +
        'in which the action vallumd shares them, so that fail2ban lifts them when it unbans.\n\n' +
        '--origin gives another word than the name of this host; the name of the jail comes behind it.',
      epilogue: 'Exit codes: those of vallum-pub add (vallum-pub --help).',
    },
  );
}

function bad(detail: string): Failure<'bad-import'> {
  return { ok: false, reason: 'bad-import', detail };
}

import { escapeForDisplay, type Failure } from '@vallum/core';
import { renderHelp } from '@vallum/options';
import { importBans, type ImportChoice } from './fail2ban-bans.js';
import { HIDDEN_FROM_IMPORT, importOptions, NOT_FOR_IMPORT } from './import-options.js';
import type { Interruption } from './interruption.js';
import { UnreadableList, type OpenList } from './open-list.js';
import { toRequest } from './parse-command-line.js';
import type { PublishIo } from './publish-io.js';
import { readFail2ban } from './read-fail2ban.js';
import type { SendingCommand } from './run-command.js';

export { importOptions } from './import-options.js';

/**
 * `vallum-pub import fail2ban`, to be run by whoever loads this: it has what sends already.
 *
 * @param note hears what is done
 */
export function importCommand(
  io: Pick<PublishIo, 'signal'>,
  note: (line: string) => void,
): SendingCommand<typeof importOptions> {
  return {
    program: 'vallum-pub import',
    table: importOptions,
    plan: (loaded, nowMs) => {
      const { values, positionals } = loaded;
      if (positionals.length !== 1 || positionals[0] !== 'fail2ban') {
        return bad('say from where: vallum-pub import fail2ban --set SET');
      }
      if (values.confirm !== undefined) {
        return bad(
          'import takes no --confirm: each ban has a time of its own, to be asked for by itself',
        );
      }
      for (const name of NOT_FOR_IMPORT) {
        if (values[name] !== undefined) {
          return bad(`import takes no --${name}: each ban brings its own end along`);
        }
      }
      if (values.as !== undefined && values.jail.length !== 1) {
        return bad('--as is the origin of one jail: name it with --jail');
      }
      // Each entry brings its own origin and reason.
      const own = { ...values, file: values.db, origin: undefined, reason: undefined };
      const request = toRequest({ values: own, positionals: ['add'] }, nowMs);
      if (!request.ok) return request;
      const choice = {
        origin: values.origin,
        as: values.as,
        jails: values.jail,
        reason: values.reason,
        nowSeconds: nowMs / 1000,
      };
      return {
        ok: true,
        value: {
          request: { ...request.value, isListWithEnds: true },
          connection: loaded,
          openList: () => openBans(values.db, choice, io.signal, note),
        },
      };
    },
  };
}

async function openBans(
  path: string,
  choice: ImportChoice,
  signal: Interruption | undefined,
  note: (line: string) => void,
): Promise<OpenList> {
  const source = await readFail2ban(path, signal);
  const bans = importBans(source, choice);
  if (!bans.ok) throw new UnreadableList(bans.detail);
  const lines = bans.value;
  note(`${path}: ${lines.length.toString()} bans that have not ended`);
  note(`in the name of ${escapeForDisplay(choice.as ?? `${choice.origin ?? source.host}.JAIL`)}`);
  const bytes = Buffer.from(lines.join('\n'));
  return { name: 'fail2ban', size: bytes.length, chunks: once(bytes) };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield await Promise.resolve(bytes);
}

/** The text of `vallum-pub import --help`. */
export function importHelp(): Promise<string> {
  return renderHelp(
    importOptions.filter(({ name }) => !HIDDEN_FROM_IMPORT.includes(name)),
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

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Run } from '@vallum/core/backend';
import type { Level } from '@vallum/doctor';
import { findSendmail } from './find-sendmail.js';
import { isExecutable } from './is-executable.js';
import { startProgram } from './start-program.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whom a change is told to. */
export interface Audience {
  /** A program. */
  readonly hook?: string;
  /** Who gets a mail: checked by `areRecipients`. */
  readonly mailTo?: string;
}

export interface Change {
  readonly host: string;
  readonly is: Level;
  readonly was: Level | undefined;
  /** Standard input of the program, and the mail's text. */
  readonly report: string;
}

export interface Told {
  /** Somebody was asked for, and nobody got it, or could get it. */
  readonly failed: boolean;
  /** Sentences on what went wrong. */
  readonly trouble: readonly string[];
}

/** A program that takes the report. */
interface Way {
  /** What is in the way, as far as that is known without a try. */
  readonly fault: string | undefined;
  /** @returns why it could not be told */
  readonly tell: (change: Change, run: Run) => Promise<string | undefined>;
}

/** What a program may inherit: it is the administrator's, and the password of the broker is not its business. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ'];

/** Hands a report to the program and to sendmail. What one of them took is not told again for the other. */
export async function tellChange(
  audience: Audience,
  change: Change,
  run: Run,
  env: Environment,
): Promise<Told> {
  const faults: (string | undefined)[] = [];
  for (const { fault, tell } of await waysTo(audience, env)) {
    faults.push(fault ?? (await tell(change, run)));
  }
  return sumUp(audience, faults);
}

/** Looks whether a change could be told, so that it is known before there is one. */
export async function couldTell(audience: Audience, env: Environment): Promise<Told> {
  const ways = await waysTo(audience, env);
  const { failed, trouble } = sumUp(
    audience,
    ways.map(({ fault }) => fault),
  );
  // That there is no program is as the packages come, and no news each time.
  return { failed, trouble: ways.length === 0 ? [] : trouble };
}

function sumUp({ hook }: Audience, faults: readonly (string | undefined)[]): Told {
  const trouble = faults.filter((fault) => fault !== undefined);
  if (faults.length > 0) return { failed: trouble.length === faults.length, trouble };
  const nobody = hook === undefined ? [] : [`there is no ${hook}: only the log tells`];
  return { failed: false, trouble: nobody };
}

/** A program that is not there is none of them: packages name one that only some machines have. */
async function waysTo({ hook, mailTo }: Audience, env: Environment): Promise<Way[]> {
  const inherited = Object.fromEntries(INHERITED.map((name) => [name, env[name]]));
  const ways: Way[] = [];
  if (hook !== undefined && existsSync(hook)) {
    ways.push(await wayOfHook(hook, inherited));
  }
  if (mailTo !== undefined) ways.push(await wayOfMail(mailTo, inherited));
  return ways;
}

async function wayOfHook(hook: string, env: Environment): Promise<Way> {
  return {
    fault: (await isExecutable(hook))
      ? undefined
      : `--on-change ${hook} is not an executable file: chmod +x ${hook}`,
    tell({ host, is, was, report }, run) {
      const words = {
        VALLUM_DOCTOR_HOST: host,
        VALLUM_DOCTOR_LEVEL: is,
        VALLUM_DOCTOR_WAS: was ?? '',
      };
      // As a mere name it would be looked for in PATH, and another be started than the one looked at.
      return startProgram(run, resolve(hook), [], report, { ...env, ...words });
    },
  };
}

async function wayOfMail(mailTo: string, env: Environment): Promise<Way> {
  const sendmail = await findSendmail(env['PATH']);
  return {
    fault:
      sendmail === undefined
        ? '--mail-to needs sendmail, which is not in /usr/sbin, /usr/lib or PATH: install a mail server that ' +
          'brings it, such as postfix or msmtp-mta, or leave out --mail-to'
        : undefined,
    tell({ host, is, was, report }, run) {
      const before = was === undefined ? '' : ` (was ${was})`;
      const headers = [
        `To: ${mailTo}`,
        `Subject: vallumd on ${host}: ${is}${before}`,
        'Auto-Submitted: auto-generated',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: 8bit',
      ];
      const text = `${headers.join('\n')}\n\n${report}`;
      // The recipients stand in the message, so that none of them can be an option.
      return startProgram(run, sendmail ?? 'sendmail', ['-i', '-t'], text, env);
    },
  };
}

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { escapeForDisplay } from '@vallum/core';
import type { Run } from '@vallum/core/backend';
import type { Level } from '@vallum/doctor';

export interface TellRequest {
  readonly host: string;
  readonly is: Level;
  readonly was: Level | undefined;
  /** Standard input of the program, and the mail's text. */
  readonly report: string;
  /** A program. */
  readonly hook?: string;
  /** Who gets a mail. */
  readonly mailTo?: string;
}

export interface Told {
  /** Somebody was asked for, and nobody got it. */
  readonly failed: boolean;
  /** Sentences on what went wrong. */
  readonly trouble: readonly string[];
}

/** What a program may inherit: it is the administrator's, and the password of the broker is not its business. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ'];
const SENDMAIL = ['/usr/sbin/sendmail', '/usr/lib/sendmail'];
/** `someone`, `a@b.example`, `a@b, c@d`: no line break, so that no header can be added. */
const RECIPIENTS = /^[^\s,;<>()-][^\s,;<>()]*(?:, ?[^\s,;<>()-][^\s,;<>()]*)*$/;
const DEADLINE_MS = 60_000;

/** Hands a report to the program and to sendmail. What one of them took is not told again for the other. */
export async function tellChange(
  request: TellRequest,
  run: Run,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Told> {
  const { hook, mailTo } = request;
  const inherited = Object.fromEntries(INHERITED.map((name) => [name, env[name]]));
  const faults: (string | undefined)[] = [];
  const notes: string[] = [];
  if (hook !== undefined && (await isThere(hook))) {
    const words = {
      VALLUM_DOCTOR_HOST: request.host,
      VALLUM_DOCTOR_LEVEL: request.is,
      VALLUM_DOCTOR_WAS: request.was ?? '',
    };
    faults.push(await start(run, hook, [], request.report, { ...inherited, ...words }));
  } else if (hook !== undefined && mailTo === undefined) {
    notes.push(`there is no ${hook}: only the log tells`);
  }
  if (mailTo !== undefined) faults.push(await mail(request, mailTo, run, inherited));
  const trouble = faults.filter((fault) => fault !== undefined);
  return {
    failed: trouble.length > 0 && trouble.length === faults.length,
    trouble: [...notes, ...trouble],
  };
}

async function mail(
  { host, is, was, report }: TellRequest,
  mailTo: string,
  run: Run,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (!RECIPIENTS.test(mailTo)) return '--mail-to is no address that mail can be sent to';
  const before = was === undefined ? '' : ` (was ${was})`;
  const headers = [
    `To: ${mailTo}`,
    `Subject: vallumd on ${host}: ${is}${before}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
  ];
  const sendmail = (await firstThere(SENDMAIL)) ?? 'sendmail';
  // The recipients stand in the message, so that none of them can be an option.
  return start(run, sendmail, ['-i', '-t'], `${headers.join('\n')}\n\n${report}`, env);
}

/** @returns why it could not be told */
async function start(
  run: Run,
  program: string,
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  try {
    const options = { input, env, deadlineMs: DEADLINE_MS, maxOutputBytes: 1024 * 1024 };
    const { code, stderr } = await run(program, args, options);
    if (code === 0) return undefined;
    const said = escapeForDisplay(stderr.trim().split('\n')[0] ?? '', 200);
    const how = code === null ? 'was killed' : `ended with ${code.toString()}`;
    return `${program} ${how}${said === '' ? '' : `: ${said}`}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `${program} is not there, or what it names as its interpreter`;
    if (code === 'EACCES') return `${program} is not executable`;
    return error instanceof Error ? error.message : String(error);
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await firstThere([path])) !== undefined;
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const there = await access(path, constants.F_OK).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}

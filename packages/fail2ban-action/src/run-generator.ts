import { writeFile } from 'node:fs/promises';
import yargs from 'yargs';
import { defaultActionOptions } from './action-options.js';
import { generateAction } from './generate-action.js';

export interface GeneratorIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** Exit codes from sysexits.h: 0, 64 for a wrong command line, 73 where the file cannot be written. */
export async function runGenerator(argv: readonly string[], io: GeneratorIo): Promise<number> {
  const parser = yargs([...argv])
    .scriptName('vallum-fail2ban-action')
    .usage(
      '$0 [--print | --output FILE]\n\nMakes the fail2ban action that bans through vallum-pub.',
    )
    .option('print', {
      boolean: true,
      description: 'Print the action; the default without --output',
    })
    .option('output', {
      string: true,
      requiresArg: true,
      description: 'Write it to a file, usually /etc/fail2ban/action.d/vallumd.conf',
      conflicts: 'print',
    })
    .option('command', text('How the action calls vallum-pub', defaultActionOptions.command))
    .option('set', text('Kernel set', defaultActionOptions.set))
    .option(
      'origin',
      text(
        'Who asks for the ban; must differ between hosts and jails',
        defaultActionOptions.origin,
      ),
    )
    .option('reason', text('Why, in words for people', defaultActionOptions.reason))
    .option(
      'wait',
      text('How long to wait for an answer from the broker', defaultActionOptions.wait),
    )
    .option('db', text("fail2ban's database, or none", defaultActionOptions.db))
    .strict()
    .version(false)
    .exitProcess(false)
    .wrap(100)
    .help(false)
    .option('help', { boolean: true, description: 'Print this help' })
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new RangeError(message ?? 'the command line is wrong');
    });

  let action: string;
  let output: string | undefined;
  try {
    const args = await parser.parseAsync();
    if (args.help === true) {
      io.stdout.write(`${await parser.getHelp()}\n`);
      return 0;
    }
    const { command, set, origin, reason, wait, db } = args;
    action = generateAction({ command, set, origin, reason, wait, db });
    output = args.output;
  } catch (error) {
    io.stderr.write(`vallum-fail2ban-action: ${messageOf(error)} (--help)\n`);
    return 64;
  }
  if (output === undefined) {
    io.stdout.write(action);
    return 0;
  }
  try {
    await writeFile(output, action);
    return 0;
  } catch (error) {
    io.stderr.write(`vallum-fail2ban-action: ${messageOf(error)}\n`);
    return 73;
  }
}

function text(description: string, value: string) {
  return { string: true, requiresArg: true, description, default: value } as const;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import type { FindingsExit } from '@vallum/doctor';
import { quote, suggest } from '@vallum/options';
import type { ExitCode } from './exit-codes.js';
import type { DaemonIo } from './system-io.js';

export interface Command {
  readonly name: string;
  /** What may follow the name. */
  readonly synopsis: string;
  /** Completes a sentence that begins with the command. */
  readonly does: string;
  /** @param argv what follows the command's name */
  run(argv: readonly string[], io: DaemonIo): Promise<ExitCode | FindingsExit>;
}

/** What vallumd does beside enforcing bans; each is loaded where it is asked for. */
export const commands: readonly Command[] = [
  {
    name: 'doctor',
    synopsis: '[the same options] [--json]',
    does: 'says whether this machine really protects',
    run: async (argv, io) => (await import('./doctor/run-doctor.js')).runDoctor(argv, io),
  },
  {
    name: 'setup',
    synopsis: '-t TOPIC[=SET] [--apply]',
    does: 'shows, or makes, sets and firewall rules',
    run: async (argv, io) => (await import('./setup/run-setup.js')).runSetup(argv, io),
  },
  {
    name: 'journal',
    synopsis: '[--state-dir FOLDER]',
    does: 'prints the bans that are kept over a restart',
    run: async (argv, io) => (await import('./journal/run-journal.js')).runJournal(argv, io),
  },
  {
    name: 'reconcile',
    synopsis: '[--state-dir FOLDER]',
    does: 'lets the running vallumd compare and mend now',
    run: async (argv, io) => (await import('./reconcile/run-reconcile.js')).runReconcile(argv, io),
  },
];

/** `vallumd doctor [the same options] [--json]   says whether this machine really protects`, a line each. */
export function describeCommands(): string[] {
  const typed = commands.map(({ name, synopsis }) => `vallumd ${name} ${synopsis}`);
  const width = Math.max(...typed.map(({ length }) => length));
  return commands.map(({ does }, index) => `${(typed[index] ?? '').padEnd(width)}   ${does}`);
}

/** Where the first word is no command: what was probably meant, and what there is. */
export function describeUnknownCommand(word: string): string {
  const near = suggest(
    word,
    commands.map(({ name }) => name),
  );
  return (
    `unknown command ${quote(word)}${near === undefined ? '' : `; did you mean ${near}?`}\n` +
    `The commands are:\n${describeCommands()
      .map((line) => `  ${line}\n`)
      .join('')}` +
    'Without a command vallumd enforces bans; vallumd --help lists its options.\n'
  );
}

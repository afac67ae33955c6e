import type { FindingsExit } from '@vallum/doctor';
import { quote, suggest, type CommandDefinition } from '@vallum/options';
import { brokerFilesOptions } from './broker-files/options.js';
import { doctorOptions } from './doctor/options.js';
import type { ExitCode } from './exit-codes.js';
import { setupOptions } from './setup/options.js';
import {
  fleetOptions,
  listOptions,
  shown,
  statusOptions,
  topOptions,
  watchOptions,
  whyOptions,
} from './show/options.js';
import { reconcileOptions, stateOptions } from './state-options.js';
import type { DaemonIo } from './system-io.js';

export interface Command extends CommandDefinition {
  /** @param argv what follows the command's name */
  run(argv: readonly string[], io: DaemonIo): Promise<ExitCode | FindingsExit>;
}

/**
 * What vallumd does beside enforcing bans, for help, manual and completion; each is loaded where it is
 * asked for.
 */
export const daemonCommands: readonly Command[] = [
  {
    name: 'status',
    synopsis: '[--json]',
    summary: 'shows how the running vallumd is doing, on one screen',
    options: shown(statusOptions),
    run: async (argv, io) => (await import('./show/run-status.js')).runStatus(argv, io),
  },
  {
    name: 'list',
    synopsis: '[SET] [--origin NAME] [--since TIME] [--ending TIME] [--within PREFIX]',
    summary: 'lists bans',
    description:
      'Lists bans, one line for each origin that asked for one: of one set or all, chosen by origin, ' +
      'time and prefix, sorted, as a table or as JSON. If vallumd is not running, it reads the journal.',
    options: shown(listOptions),
    run: async (argv, io) => (await import('./show/run-list.js')).runList(argv, io),
  },
  {
    name: 'why',
    synopsis: 'ADDRESS [--set SET]',
    summary: 'tells who banned an address, until when and why',
    description:
      'Tells all that is known about an address or prefix, every prefix around it and everything ' +
      'inside it: who banned it, since when, until when and why, and what this node does about it. If ' +
      'vallumd is not running, it reads the journal.',
    options: shown(whyOptions),
    run: async (argv, io) => (await import('./show/run-why.js')).runWhy(argv, io),
  },
  {
    name: 'watch',
    synopsis: '[--recent COUNT] [--json-lines]',
    summary: 'shows bans, unbans and refusals as they happen',
    options: shown(watchOptions),
    run: async (argv, io) => (await import('./show/run-watch.js')).runWatch(argv, io),
  },
  {
    name: 'top',
    synopsis: '[--by origin|network]',
    summary: 'counts bans by who asked for them and by network',
    options: shown(topOptions),
    run: async (argv, io) => (await import('./show/run-top.js')).runTop(argv, io),
  },
  {
    name: 'fleet',
    synopsis: '[--json]',
    summary: 'asks all nodes how they are, and whether they hold the same bans',
    options: shown(fleetOptions),
    run: async (argv, io) => (await import('./show/run-fleet.js')).runFleet(argv, io),
  },
  {
    name: 'doctor',
    synopsis: '[the same options] [-v] [--json] [--changes-since FILE]',
    summary: 'says whether this machine is really protected',
    description:
      'Says whether this machine is really protected: broker, access rules, sets, firewall rules, ' +
      'status and protect list, one line for each finding, with what to do. It takes the options of ' +
      'vallumd, so that it looks at the same configuration. It changes nothing, and leaves a ' +
      'running vallumd alone. It exits with 0 if all is well, 1 if there are warnings, 2 if ' +
      'something is critical, 3 if something could not be looked at. With --changes-since it ' +
      'tells only what has changed, for which vallum-doctor.timer runs it every 15 minutes.',
    options: doctorOptions,
    run: async (argv, io) => (await import('./doctor/run-doctor.js')).runDoctor(argv, io),
  },
  {
    name: 'setup',
    synopsis: '-t TOPIC[=SET] [--apply] [--remove]',
    summary: 'shows, or makes, the sets and the firewall rules that use them',
    description:
      'Prints the commands that make the sets and the firewall rules that use them, in iptables or ' +
      'nftables, whichever this machine uses. With --apply it makes what is missing, and adds the ' +
      'matching backend to a configuration file that names none. With --remove it shows how to undo ' +
      'that, and with both it does so. vallum-setup.service runs it at each boot. It also takes ' +
      'the options of vallumd, so that the same configuration names the sets. It exits with ' +
      '0 if all was done, 69 if a tool is missing or refused, 77 if it was not permitted.',
    options: setupOptions,
    run: async (argv, io) => (await import('./setup/run-setup.js')).runSetup(argv, io),
  },
  {
    name: 'broker-files',
    synopsis: '--broker NAME --nodes NAMES --publishers NAMES --output FOLDER',
    summary: 'makes what a broker and its clients need',
    description:
      'Makes a CA and the certificate, password file, access rules and configuration for a Mosquitto ' +
      'broker, and for each machine a folder with what it needs, and prints the commands that put it ' +
      'all in place. Run again with another name to add a machine: existing files stay. It ' +
      'needs the program openssl. It exits with 0 if all was done, 64 if it was called wrongly, 69 ' +
      'if openssl is missing or failed, 77 if it was not permitted.',
    options: brokerFilesOptions,
    run: async (argv, io) =>
      (await import('./broker-files/run-broker-files.js')).runBrokerFiles(argv, io),
  },
  {
    name: 'journal',
    synopsis: '[--state-dir FOLDER]',
    summary: 'prints the bans that are kept over a restart',
    description:
      'Prints what is kept over a restart, one line for each lease or withdrawal, whether vallumd is ' +
      'running or not.',
    options: stateOptions,
    run: async (argv, io) => (await import('./journal/run-journal.js')).runJournal(argv, io),
  },
  {
    name: 'reconcile',
    synopsis: '[--control SOCKET] [--state-dir FOLDER]',
    summary: 'tells the running vallumd to compare and mend now',
    description:
      'Tells the running vallumd to compare every set with what it should hold, and its bans with ' +
      'those of the other nodes, and to mend what differs. Says of each set what was missing or too much, ' +
      'or why it could not be compared. This also happens by itself. It exits with 0 if every set holds what it ' +
      'should, 66 if no vallumd runs there, 69 if a set could not be compared or put right, 77 if it was not permitted.',
    options: reconcileOptions,
    run: async (argv, io) => (await import('./reconcile/run-reconcile.js')).runReconcile(argv, io),
  },
];

/** `doctor        says whether this machine really protects`, a line each. */
export function describeCommands(): string[] {
  const width = Math.max(...daemonCommands.map(({ name }) => name.length));
  return daemonCommands.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}`);
}

/** Where the first word is no command: what was probably meant, and what there is. */
export function describeUnknownCommand(word: string): string {
  const near = suggest(
    word,
    daemonCommands.map(({ name }) => name),
  );
  return (
    `unknown command ${quote(word)}${near === undefined ? '' : `; did you mean ${near}?`}\n` +
    `The commands are:\n${describeCommands()
      .map((line) => `  ${line}\n`)
      .join('')}` +
    'Without a command vallumd enforces bans; vallumd --help lists its options.\n'
  );
}

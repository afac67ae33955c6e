import type { CommandDefinition } from '@vallum/options';
import { usefulWhyOptions } from './ask/why-options.js';
import { COMMAND_SUMMARIES } from './command-summaries.js';
import { doctorOptions } from './doctor-options.js';
import { HIDDEN_FROM_IMPORT, importOptions } from './import-options.js';
import { publishOptions } from './options.js';
import { usefulProtectOptions } from './protect/protect-options.js';
import { flushOptions, FOR_SPOOL, NOT_FOR_FLUSH, spoolOptions } from './spool/options.js';
import { syncOptions } from './sync/sync-options.js';

const LEASE_TERMS: ReadonlySet<string> = new Set(['timeout', 'since', 'until', 'reason']);

/** Every command of vallum-pub, for its manual page and completion. */
export const publishCommands: readonly CommandDefinition[] = [
  {
    name: 'add',
    synopsis: 'ADDRESS … --set SET',
    summary: COMMAND_SUMMARIES.add,
    description: 'Bans addresses, or those in a list, on every firewall that listens to the set.',
    options: publishOptions.filter(({ name }) => name !== 'all'),
  },
  {
    name: 'del',
    synopsis: 'ADDRESS … --set SET | --all --origin NAME --set SET',
    summary: COMMAND_SUMMARIES.del,
    description:
      "Lifts bans: with --origin only that origin's, without it everybody's; with --origin and --all all " +
      'that this origin has banned, as the firewalls name it. It takes ' +
      'no --timeout, --since, --until or --reason.',
    options: publishOptions.filter(({ name }) => !LEASE_TERMS.has(name)),
  },
  {
    name: 'why',
    synopsis: 'ADDRESS --set SET [--json]',
    summary: COMMAND_SUMMARIES.why,
    description:
      'Asks every firewall that listens to the set what it knows about an address: whether it is ' +
      'blocked there, who asked for it, until when and why, or why it is not blocked. It tells which ' +
      'firewalls do not answer, and whether the others agree. It waits two seconds for answers unless ' +
      '--wait says otherwise. It exits with 0 if ' +
      'at least one has answered, 68 if none has, 77 if the broker does not allow it.',
    options: usefulWhyOptions,
  },
  {
    name: 'protect',
    synopsis: 'add|del ADDRESS … | list',
    summary: COMMAND_SUMMARIES.protect,
    description:
      "Puts addresses and prefixes into the fleet's protect list (add), takes them out (del), or shows " +
      'what it holds (list). No firewall bans what it protects, and those that have lift it within a ' +
      'second. An entry without an end is for ever, and none is wider than /16 (IPv6 /32). list asks the ' +
      'firewalls; it exits with 0 if one has answered, 68 if none has, 77 if the broker does not allow it.',
    options: usefulProtectOptions,
  },
  {
    name: 'sync',
    synopsis: '--file LIST --set SET --origin NAME',
    summary: COMMAND_SUMMARIES.sync,
    description:
      'Makes the bans of an origin equal to a list, from a file (--file), from the web (--url) or as ' +
      '/etc/vallum/feeds/NAME.yaml says (--feed NAME): new entries are banned, missing ones are ' +
      'lifted, and the others are renewed before they end.',
    options: syncOptions,
  },
  {
    name: 'import',
    synopsis: 'fail2ban --set SET [--jail NAME] [--db FILE]',
    summary: COMMAND_SUMMARIES.import,
    description:
      'Shares the bans that fail2ban holds now, all in one go: each with its end, its time, and the ' +
      'names of the host and the jail as its origin (--origin replaces the host), just as the action ' +
      'vallumd shares them one by one. It reads the database of fail2ban 0.11 or later with python3.',
    options: importOptions.filter(({ name }) => !HIDDEN_FROM_IMPORT.includes(name)),
  },
  {
    name: 'spool',
    synopsis: '[--spool-dir DIR] [--json]',
    summary: COMMAND_SUMMARIES.spool,
    description:
      'Lists what was kept while the broker was away, oldest first: when it was asked for, where it ' +
      'goes, what it is, for which broker and user, and why it is there.',
    options: spoolOptions.filter(({ name }) => FOR_SPOOL.includes(name)),
  },
  {
    name: 'flush',
    synopsis: '[--spool-dir DIR] [--any-broker]',
    summary: COMMAND_SUMMARIES.flush,
    description:
      'Delivers what was kept while the broker was away, oldest first, and ends with 0 where nothing ' +
      'waits any more. It delivers what is for the broker and the user of its own configuration; ' +
      '--any-broker the rest too. The Debian package calls it as soon as something waits and then every ' +
      'minute; each call of add, del and import delivers what waits too, for half a second.',
    options: flushOptions.filter(({ name }) => !NOT_FOR_FLUSH.includes(name)),
  },
  {
    name: 'doctor',
    synopsis: '--set SET [-v] [--json]',
    summary: COMMAND_SUMMARIES.doctor,
    description:
      'Says whether bans from here would get through, one line for each finding, with what to do. ' +
      'Nothing is banned. It exits with 0 if all is well, 1 if there are warnings, 2 if something ' +
      'is critical, 3 if something could not be looked at.',
    options: doctorOptions,
  },
];

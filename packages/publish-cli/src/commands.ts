import type { CommandDefinition } from '@vallum/options';
import { doctorOptions } from './doctor-options.js';
import { HIDDEN_FROM_IMPORT, importOptions } from './import-options.js';
import { publishOptions } from './options.js';
import { flushOptions, FOR_SPOOL, NOT_FOR_FLUSH, spoolOptions } from './spool/options.js';

const LEASE_TERMS: ReadonlySet<string> = new Set(['timeout', 'since', 'until', 'reason']);

/** Every command of vallum-pub, for its manual page and completion. */
export const publishCommands: readonly CommandDefinition[] = [
  {
    name: 'add',
    synopsis: 'ADDRESS … --set SET',
    summary: 'bans addresses',
    description: 'Bans addresses, or what a list holds, on every firewall that listens to the set.',
    options: publishOptions.filter(({ name }) => name !== 'all'),
  },
  {
    name: 'del',
    synopsis: 'ADDRESS … --set SET | --all --origin NAME --set SET',
    summary: 'lifts bans',
    description:
      'Lifts bans: with --origin those of that origin, without it those of everybody; with --origin and ' +
      '--all every ban of that origin, of which the nodes are asked. It takes ' +
      'no --timeout, --since, --until or --reason.',
    options: publishOptions.filter(({ name }) => !LEASE_TERMS.has(name)),
  },
  {
    name: 'import',
    synopsis: 'fail2ban --set SET [--jail NAME] [--db FILE]',
    summary: 'shares the bans that fail2ban holds',
    description:
      'Shares the bans that fail2ban holds now, all in one go: each with its end, its time and the ' +
      'name of host and jail as origin (--origin gives another word than the host), as the action ' +
      'vallumd shares them one by one. It reads the database of fail2ban 0.11 or later by python3.',
    options: importOptions.filter(({ name }) => !HIDDEN_FROM_IMPORT.includes(name)),
  },
  {
    name: 'spool',
    synopsis: '[--spool-dir DIR] [--json]',
    summary: 'lists what waits for the broker',
    description:
      'Lists what was kept while the broker was away, oldest first: when it was asked for, where it ' +
      'goes, what it is, for which broker and user, and why it is there.',
    options: spoolOptions.filter(({ name }) => FOR_SPOOL.includes(name)),
  },
  {
    name: 'flush',
    synopsis: '[--spool-dir DIR] [--any-broker]',
    summary: 'delivers what waits for the broker',
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
    summary: 'says whether bans from here would get through',
    description:
      'Says whether bans from here would get through, a line a finding, each with what to do. ' +
      'Nothing is banned. It exits with 0 if all is well, 1 if there are warnings, 2 if something ' +
      'is critical, 3 if something could not be looked at.',
    options: doctorOptions,
  },
];

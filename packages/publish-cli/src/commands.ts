import type { CommandDefinition } from '@vallum/options';
import { doctorOptions } from './doctor-options.js';
import { importOptions, NOT_FOR_IMPORT } from './import-options.js';
import { publishOptions } from './options.js';

const LEFT_TO_FAIL2BAN: ReadonlySet<string> = new Set(NOT_FOR_IMPORT);
const LEASE_TERMS: ReadonlySet<string> = new Set(['timeout', 'since', 'until', 'reason']);

/** Every command of vallum-pub, for its manual page and completion. */
export const publishCommands: readonly CommandDefinition[] = [
  {
    name: 'add',
    synopsis: 'ADDRESS … --set SET',
    summary: 'bans addresses',
    description: 'Bans addresses, or those in a list, on every firewall that listens to the set.',
    options: publishOptions,
  },
  {
    name: 'del',
    synopsis: 'ADDRESS … --set SET',
    summary: 'lifts bans',
    description:
      "Lifts bans: with --origin only that origin's, without it everybody's. It takes " +
      'no --timeout, --since, --until or --reason.',
    options: publishOptions.filter(({ name }) => !LEASE_TERMS.has(name)),
  },
  {
    name: 'import',
    synopsis: 'fail2ban --set SET [--jail NAME] [--db FILE]',
    summary: 'shares the bans that fail2ban holds',
    description:
      'Shares the bans that fail2ban holds now, all in one go: each with its end, its time, and the ' +
      'names of the host and the jail as its origin (--origin replaces the host), just as the action ' +
      'vallumd shares them one by one. It reads the database of fail2ban 0.11 or later with python3.',
    options: importOptions.filter(({ name }) => !LEFT_TO_FAIL2BAN.has(name)),
  },
  {
    name: 'doctor',
    synopsis: '--set SET [-v] [--json]',
    summary: 'says whether bans from here would get through',
    description:
      'Says whether bans from here would get through, one line for each finding, with what to do. ' +
      'Nothing is banned. It exits with 0 if all is well, 1 if there are warnings, 2 if something ' +
      'is critical, 3 if something could not be looked at.',
    options: doctorOptions,
  },
];

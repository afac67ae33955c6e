import type { CommandDefinition } from '@vallum/options';
import { usefulWhyOptions } from './ask/why-options.js';
import { COMMAND_SUMMARIES } from './command-summaries.js';
import { doctorOptions } from './doctor-options.js';
import { importOptions, NOT_FOR_IMPORT } from './import-options.js';
import { publishOptions } from './options.js';
import { syncOptions } from './sync/sync-options.js';

const LEFT_TO_FAIL2BAN: ReadonlySet<string> = new Set([...NOT_FOR_IMPORT, 'confirm']);
const LEASE_TERMS: ReadonlySet<string> = new Set(['timeout', 'since', 'until', 'reason']);

/** Every command of vallum-pub, for its manual page and completion. */
export const publishCommands: readonly CommandDefinition[] = [
  {
    name: 'add',
    synopsis: 'ADDRESS … --set SET',
    summary: COMMAND_SUMMARIES.add,
    description: 'Bans addresses, or what a list holds, on every firewall that listens to the set.',
    options: publishOptions,
  },
  {
    name: 'del',
    synopsis: 'ADDRESS … --set SET',
    summary: COMMAND_SUMMARIES.del,
    description:
      'Lifts bans: with --origin those of that origin, without it those of everybody. It takes ' +
      'no --timeout, --since, --until or --reason.',
    options: publishOptions.filter(({ name }) => !LEASE_TERMS.has(name)),
  },
  {
    name: 'why',
    synopsis: 'ADDRESS --set SET [--json]',
    summary: COMMAND_SUMMARIES.why,
    description:
      'Asks every firewall that listens to the set what it knows of an address: whether it is blocked ' +
      'there, who asked for it, until when and why, or why not, who does not answer, and whether they ' +
      'agree. Answers are waited for for two seconds unless --wait says otherwise. It exits with 0 if ' +
      'at least one has answered, 68 if none has, 77 if the broker does not allow it.',
    options: usefulWhyOptions,
  },
  {
    name: 'sync',
    synopsis: '--file LIST --set SET --origin NAME',
    summary: COMMAND_SUMMARIES.sync,
    description:
      'Makes what an origin bans equal to a list, from a file (--file), from the web (--url) or as ' +
      '/etc/vallum/feeds/NAME.yaml says (--feed NAME): what is new is added, what is gone is withdrawn, ' +
      'what stays is renewed before it ends.',
    options: syncOptions,
  },
  {
    name: 'import',
    synopsis: 'fail2ban --set SET [--jail NAME] [--db FILE]',
    summary: COMMAND_SUMMARIES.import,
    description:
      'Shares the bans that fail2ban holds now, all in one go: each with its end, its time and the ' +
      'name of host and jail as origin (--origin gives another word than the host), as the action ' +
      'vallumd shares them one by one. It reads the database of fail2ban 0.11 or later by python3.',
    options: importOptions.filter(({ name }) => !LEFT_TO_FAIL2BAN.has(name)),
  },
  {
    name: 'doctor',
    synopsis: '--set SET [-v] [--json]',
    summary: COMMAND_SUMMARIES.doctor,
    description:
      'Says whether bans from here would get through, a line a finding, each with what to do. ' +
      'Nothing is banned. It exits with 0 if all is well, 1 if there are warnings, 2 if something ' +
      'is critical, 3 if something could not be looked at.',
    options: doctorOptions,
  },
];

import type { CommandDefinition } from '@vallum/options';
import { doctorOptions } from './doctor/options.js';
import { setupOptions } from './setup/options.js';
import { stateOptions } from './state-options.js';

/** Every command of vallumd, for its manual page and completion. */
export const daemonCommands: readonly CommandDefinition[] = [
  {
    name: 'doctor',
    synopsis: '[--json]',
    summary: 'says whether this machine really protects',
    description:
      'Says whether this machine really protects: broker, access rules, sets, firewall rules, ' +
      'status and protect list, a line a finding, each with what to do. It takes the options of ' +
      'vallumd, so that it looks at the same configuration. It changes nothing, and leaves a ' +
      'running vallumd alone. It exits with 0 if all is well, 1 if there are warnings, 2 if ' +
      'something is critical, 3 if something could not be looked at.',
    options: doctorOptions,
  },
  {
    name: 'setup',
    synopsis: '-t TOPIC[=SET] [--apply] [--remove]',
    summary: 'shows, or makes, the sets and the firewall rules that use them',
    description:
      'Prints the commands that make the sets and the firewall rules that use them; with --apply ' +
      'makes what is missing. With --remove it shows the way back, with both goes it. It takes ' +
      'the options of vallumd too, so that the same configuration names the sets. It exits with ' +
      '0 if all was done, 69 if a tool is missing or refused, 77 if it was not permitted.',
    options: setupOptions,
  },
  {
    name: 'journal',
    synopsis: '[--state-dir FOLDER]',
    summary: 'prints the bans that are kept over a restart',
    description:
      'Prints what is kept over a restart, a line a lease or withdrawal, whether vallumd runs or not.',
    options: stateOptions,
  },
  {
    name: 'reconcile',
    synopsis: '[--state-dir FOLDER]',
    summary: 'lets the running vallumd compare and mend now',
    description:
      'Lets the running vallumd compare every set with what it has to hold, and what it has to ' +
      'hold with the other nodes, and mend what differs. It happens by itself too.',
    options: stateOptions,
  },
];

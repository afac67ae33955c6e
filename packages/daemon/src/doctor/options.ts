import { defineOption } from '@vallum/options';
import { daemonOptions } from '../options.js';

/** What vallumd takes, so that the doctor looks at the same configuration, and how to print what was found. */
export const doctorOptions = [
  ...daemonOptions,
  defineOption({
    name: 'json',
    type: 'boolean',
    default: false,
    description: 'Print the findings as JSON',
    group: 'General',
  }),
  defineOption({
    name: 'verbose',
    short: 'v',
    type: 'boolean',
    default: false,
    description: 'Also list what is in order',
    group: 'General',
  }),
  defineOption({
    name: 'changes-since',
    type: 'string',
    description:
      'Print only what has changed since the findings that are kept in this file, which then keeps the new ones; the first time all that is not in order counts as changed',
    group: 'Changes',
    placeholder: 'FILE',
  }),
  defineOption({
    name: 'on-change',
    type: 'string',
    description:
      'With --changes-since: when something has changed, start this program, if it is there, with the report on standard input and VALLUM_DOCTOR_HOST, VALLUM_DOCTOR_LEVEL and VALLUM_DOCTOR_WAS in its environment',
    group: 'Changes',
    placeholder: 'PROGRAM',
  }),
  defineOption({
    name: 'mail-to',
    type: 'string',
    description:
      'With --changes-since: when something has changed, mail the report to this address, through sendmail',
    group: 'Changes',
    placeholder: 'ADDRESS',
  }),
  defineOption({
    name: 'from',
    type: 'string',
    description:
      'Look at nothing, and take the findings from this file, as --json has printed them',
    group: 'Changes',
    placeholder: 'FILE',
  }),
] as const;

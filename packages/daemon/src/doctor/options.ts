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
] as const;

import { defineOption } from '@vallum/options';
import { commonOptions } from './options.js';

/** What vallum-pub takes, so that the doctor looks at the same configuration, and how to print what was found. */
export const doctorOptions = [
  ...commonOptions,
  defineOption({
    name: 'json',
    type: 'boolean',
    default: false,
    description: 'Print the findings as JSON',
    group: 'Other',
  }),
  defineOption({
    name: 'verbose',
    short: 'v',
    type: 'boolean',
    default: false,
    description: 'Also list what is in order',
    group: 'Other',
  }),
] as const;

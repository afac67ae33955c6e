import { defineOption } from '@vallum/options';
import { commonOptions } from './options.js';

/** What vallum-pub takes, so that the doctor looks at the same configuration, and how to print. */
export const doctorOptions = [
  ...commonOptions,
  defineOption({
    name: 'json',
    type: 'boolean',
    default: false,
    description: 'Print the findings as JSON',
    group: 'Other',
  }),
] as const;

import { defineOption } from '@vallum/options';
import { daemonOptions } from '../options.js';

/** What vallumd takes, so that the same configuration names the sets, and what to do. */
export const setupOptions = [
  ...daemonOptions,
  defineOption({
    name: 'rules',
    type: 'enum',
    choices: ['iptables', 'nftables'],
    description:
      'Which firewall looks at the sets; nftables, in a table inet vallum of its own, where that is the backend, else iptables',
    group: 'Setup',
    placeholder: 'TOOL',
  }),
  defineOption({
    name: 'forward',
    type: 'boolean',
    default: false,
    description: 'Drop also what this machine would only pass on to others',
    group: 'Setup',
  }),
  defineOption({
    name: 'apply',
    type: 'boolean',
    default: false,
    description: 'Do it, in place of printing the commands; what is there already stays',
    group: 'Setup',
  }),
  defineOption({
    name: 'remove',
    type: 'boolean',
    default: false,
    description: 'Take away what setup has made, and nothing else; with --apply',
    group: 'Setup',
  }),
] as const;

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
      "Which firewall looks at the sets; the configured backend's, else the one that this machine uses",
    group: 'Setup',
    placeholder: 'TOOL',
  }),
  defineOption({
    name: 'forward',
    type: 'boolean',
    default: true,
    description:
      'Drop also what this machine would only pass on: to containers, guests, other networks; --no-forward leaves that alone',
    group: 'Setup',
  }),
  defineOption({
    name: 'allow-established',
    type: 'boolean',
    default: false,
    description:
      'Let connections go on that were there before a ban; without it they are cut off at once',
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

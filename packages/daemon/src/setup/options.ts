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
      'Which firewall gets the rules; by default that of the configured backend, or else the one that this machine uses',
    group: 'Setup',
    placeholder: 'TOOL',
  }),
  defineOption({
    name: 'forward',
    type: 'boolean',
    default: true,
    description:
      'Also drop what this machine would only pass on: to containers, guests, other networks; --no-forward leaves that alone',
    group: 'Setup',
  }),
  defineOption({
    name: 'allow-established',
    type: 'boolean',
    default: false,
    description:
      'Let connections from before a ban go on; without this option a ban cuts them off at once',
    group: 'Setup',
  }),
  defineOption({
    name: 'apply',
    type: 'boolean',
    default: false,
    description: 'Run the commands instead of printing them; what is there already stays',
    group: 'Setup',
  }),
  defineOption({
    name: 'remove',
    type: 'boolean',
    default: false,
    description:
      'Show how to remove what setup has made, and nothing else; with --apply, remove it',
    group: 'Setup',
  }),
] as const;

import { connectionOptions, defineOption } from '@vallum/options';
import { httpOptions } from './options/http-options.js';
import { listenOptions } from './options/listen-options.js';
import { logOptions } from './options/log-options.js';
import { nodeOptions } from './options/node-options.js';
import { policyOptions } from './options/policy-options.js';
import { setOptions } from './options/set-options.js';

/** Every option of vallumd; flags, environment, file, help and reference are made from it. */
export const daemonOptions = [
  ...connectionOptions,
  ...setOptions,
  ...policyOptions,
  ...listenOptions,
  ...nodeOptions,
  ...httpOptions,
  ...logOptions,
  defineOption({
    name: 'config',
    type: 'file',
    env: 'VALLUMD_CONFIG',
    description: 'Configuration file; by default /etc/vallum/vallumd.yaml, if it exists',
    group: 'General',
    placeholder: 'FILE',
  }),
  defineOption({
    name: 'check-config',
    type: 'boolean',
    description: 'Say whether the configuration can be used, and exit',
    group: 'General',
  }),
  defineOption({
    name: 'version',
    short: 'V',
    type: 'boolean',
    description: 'Print the version and exit',
    group: 'General',
    ancestor: true,
  }),
  defineOption({
    name: 'help',
    type: 'boolean',
    description: 'Print this help and exit',
    group: 'General',
  }),
] as const;

import { defineOption } from '@vallum/options';
import { daemonOptions } from '../options.js';

const SHOWN: ReadonlySet<string> = new Set(['control', 'state-dir', 'config', 'utc', 'help']);

const json = defineOption({
  name: 'json',
  type: 'boolean',
  default: false,
  description: 'Print JSON',
  group: 'Output',
});
const jsonLines = defineOption({
  name: 'json-lines',
  type: 'boolean',
  default: false,
  description: 'Print JSON, one object per line',
  group: 'Output',
});
const set = defineOption({
  name: 'set',
  type: 'string',
  description: 'Look only at this set',
  group: 'Selection',
  placeholder: 'SET',
});

export const statusOptions = [...daemonOptions, json] as const;
export const fleetOptions = [...daemonOptions, json] as const;
export const whyOptions = [...daemonOptions, json, set] as const;
export const listOptions = [
  ...daemonOptions,
  json,
  jsonLines,
  defineOption({
    name: 'origin',
    type: 'string',
    description:
      'Only bans that this origin asked for; web1.* for all origins that begin with web1.',
    group: 'Selection',
    placeholder: 'NAME',
  }),
  defineOption({
    name: 'since',
    type: 'duration',
    description: 'Only bans that were asked for within this time, such as 1h',
    group: 'Selection',
    placeholder: 'TIME',
  }),
  defineOption({
    name: 'ending',
    type: 'duration',
    description: 'Only bans that end within this time',
    group: 'Selection',
    placeholder: 'TIME',
  }),
  defineOption({
    name: 'within',
    type: 'string',
    description: 'Only this prefix and what lies inside it',
    group: 'Selection',
    placeholder: 'PREFIX',
  }),
  defineOption({
    name: 'all',
    type: 'boolean',
    default: false,
    description: 'Also bans that were lifted or are over, as long as they are remembered',
    group: 'Selection',
  }),
  defineOption({
    name: 'sort',
    type: 'enum',
    choices: ['address', 'until', 'since'],
    default: 'address',
    description: 'By address, by which ends first (until), or newest first (since)',
    group: 'Selection',
    placeholder: 'ORDER',
  }),
  defineOption({
    name: 'limit',
    type: 'integer',
    default: 0,
    description: 'How many to show at most; 0 for all',
    group: 'Selection',
    placeholder: 'COUNT',
  }),
  defineOption({
    name: 'offset',
    type: 'integer',
    default: 0,
    description: 'How many to skip',
    group: 'Selection',
    placeholder: 'COUNT',
  }),
] as const;
export const topOptions = [
  ...daemonOptions,
  json,
  set,
  defineOption({
    name: 'by',
    type: 'enum',
    choices: ['origin', 'network'],
    description: 'Count only by this; by default by both',
    group: 'Selection',
    placeholder: 'WHAT',
  }),
  defineOption({
    name: 'limit',
    type: 'integer',
    default: 10,
    minimum: 1,
    maximum: 1_000,
    description: 'How many rows to show of each table; 1,000 at most',
    group: 'Selection',
    placeholder: 'COUNT',
  }),
] as const;
export const watchOptions = [
  ...daemonOptions,
  jsonLines,
  defineOption({
    name: 'recent',
    type: 'integer',
    default: 0,
    description: 'Begin with this many of the latest events, 500 at most',
    group: 'Selection',
    placeholder: 'COUNT',
  }),
] as const;

/** The options that a command makes use of: all others of vallumd are taken, and mean nothing there. */
export function shown<Option extends { readonly name: string }>(
  table: readonly Option[],
): Option[] {
  const ofDaemon: ReadonlySet<string> = new Set(daemonOptions.map(({ name }) => name));
  return table.filter(({ name }) => !ofDaemon.has(name) || SHOWN.has(name));
}

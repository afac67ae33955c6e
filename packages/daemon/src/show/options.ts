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
  description: 'Print JSON, an object a line',
  group: 'Output',
});
const set = defineOption({
  name: 'set',
  type: 'string',
  description: 'Look at this set alone',
  group: 'Selection',
  placeholder: 'SET',
});
const limit = (count: number) =>
  defineOption({
    name: 'limit',
    type: 'integer',
    default: count,
    description: 'How many are shown at most; 0 for all',
    group: 'Selection',
    placeholder: 'COUNT',
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
    description: 'Those that this origin has asked for; web1.* for all that begin so',
    group: 'Selection',
    placeholder: 'NAME',
  }),
  defineOption({
    name: 'since',
    type: 'duration',
    description: 'Those that were asked for in this time, such as 1h',
    group: 'Selection',
    placeholder: 'TIME',
  }),
  defineOption({
    name: 'ending',
    type: 'duration',
    description: 'Those that end within this time',
    group: 'Selection',
    placeholder: 'TIME',
  }),
  defineOption({
    name: 'within',
    type: 'string',
    description: 'This prefix, and what lies inside',
    group: 'Selection',
    placeholder: 'PREFIX',
  }),
  defineOption({
    name: 'all',
    type: 'boolean',
    default: false,
    description: 'Also what was withdrawn and what is over, as long as it is remembered',
    group: 'Selection',
  }),
  defineOption({
    name: 'sort',
    type: 'enum',
    choices: ['address', 'until', 'since'],
    default: 'address',
    description: 'By number, by what ends first, or the youngest first',
    group: 'Selection',
    placeholder: 'ORDER',
  }),
  limit(0),
  defineOption({
    name: 'offset',
    type: 'integer',
    default: 0,
    description: 'How many are passed over',
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
    description: 'Count by this alone; both unless given',
    group: 'Selection',
    placeholder: 'WHAT',
  }),
  limit(10),
] as const;
export const watchOptions = [
  ...daemonOptions,
  jsonLines,
  defineOption({
    name: 'recent',
    type: 'integer',
    default: 0,
    description: 'Begin with so many of what has happened already, 500 at most',
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

import { defineOption } from '@vallum/options';
import { publishOptions } from '../options.js';

/** The same configuration as `add`, so that the same file serves both. */
export const spoolOptions = publishOptions;

export const flushOptions = [
  defineOption({
    name: 'any-broker',
    type: 'boolean',
    default: false,
    description: 'Deliver to this broker, as this user, also what was meant for another one',
    group: 'What to deliver',
  }),
  ...publishOptions,
] as const;

const SENT_ALREADY = ['set', 'topic', 'file', 'timeout', 'since', 'until', 'reason', 'origin'];
const OF_ADDRESSES = ['min-prefix', 'min-prefix6', 'qos', 'dry-run', 'spool', 'all', 'confirm'];

/** Of those, what means nothing to `flush`. */
export const NOT_FOR_FLUSH: readonly string[] = [...SENT_ALREADY, ...OF_ADDRESSES];

/** Of those, what means something to `spool`. */
export const FOR_SPOOL: readonly string[] = ['spool-dir', 'config', 'json', 'utc', 'help'];

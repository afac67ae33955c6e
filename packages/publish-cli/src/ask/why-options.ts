import { publishOptions } from '../options.js';

const OF_A_BAN: ReadonlySet<string> = new Set([
  ...['file', 'timeout', 'since', 'until', 'reason', 'dry-run', 'confirm', 'quiet'],
]);
const OF_A_FILE: ReadonlySet<string> = new Set([
  'origin',
  'min-prefix',
  'min-prefix6',
  'qos',
  'rate',
]);

/** What `why` takes: what says something of a ban means nothing here, and may stand in the file. */
export const whyOptions = publishOptions.filter(({ name }) => !OF_A_BAN.has(name));

/** Those of them that it makes use of. */
export const usefulWhyOptions = whyOptions.filter(({ name }) => !OF_A_FILE.has(name));

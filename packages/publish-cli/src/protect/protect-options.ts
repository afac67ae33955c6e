import { publishOptions } from '../options.js';

/** What has no meaning here. */
const NOT_HERE: ReadonlySet<string> = new Set(['all', 'since']);
/** What may stand in the file, or the environment, for other commands. */
const OF_A_BAN: ReadonlySet<string> = new Set(['set', 'topic', 'min-prefix', 'min-prefix6']);

/** What `protect` takes. */
export const protectOptions = publishOptions.filter(({ name }) => !NOT_HERE.has(name));

/** Those of them that it makes use of. */
export const usefulProtectOptions = protectOptions.filter(({ name }) => !OF_A_BAN.has(name));

/** The options that it has no use for, and that somebody has typed all the same. */
export function uselessOptions(
  places: Readonly<Record<string, { readonly source: string }>>,
): string[] {
  return [...OF_A_BAN].filter((name) => places[name]?.source === 'option');
}

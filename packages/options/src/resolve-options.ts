import { dirname, resolve } from 'node:path';
import type { ConfigTree } from './config-tree.js';
import { convert, type OptionValue } from './convert.js';
import type { OptionDefinition, OptionTable, Values } from './option.js';
import { describePlace, type Place } from './place.js';
import { quote } from './quote.js';
import { readArguments, type ArgumentFault } from './read-arguments.js';
import type { ConfigEntry } from './read-config.js';
import { failure, success, type Result } from './result.js';

export type OptionFault =
  | ArgumentFault
  | 'bad-value'
  | 'conflict'
  | 'unexpected-argument'
  | 'bad-config-file'
  | 'unknown-key'
  /** A file that an option names cannot be read. */
  | 'unreadable-file';

export interface OptionSources {
  /** What follows the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From `readConfig`. */
  readonly config?: readonly ConfigEntry[];
  /** Arguments that are no options are returned; without this they are refused. */
  readonly positionals?: boolean;
}

export interface ResolvedOptions<Table extends OptionTable> {
  readonly values: Values<Table>;
  /** Where each value came from, by option name. */
  readonly places: Readonly<Record<keyof Values<Table>, Place>>;
  readonly positionals: readonly string[];
}

interface Given {
  readonly option: OptionDefinition;
  readonly place: Place;
  readonly value: OptionValue | ConfigTree;
}

/**
 * Puts together what the command line, the environment, the configuration file and the defaults say,
 * the first of them that says anything about an option winning. Of options that conflict, the one
 * from the stronger place wins too; two from the same place are refused.
 */
export function resolveOptions<const Table extends OptionTable>(
  table: Table,
  sources: OptionSources,
): Result<ResolvedOptions<Table>, OptionFault> {
  const commandLine = fromCommandLine(table, sources);
  if (!commandLine.ok) return commandLine;
  const environment = fromEnvironment(table, sources.env);
  if (!environment.ok) return environment;
  const file = fromConfig(table, sources.config ?? []);
  if (!file.ok) return file;

  const chosen = new Map<string, Given>();
  for (const level of [commandLine.value.given, environment.value, file.value]) {
    const clash = findClash(level);
    if (clash) return clash;
    const stronger = new Map(chosen);
    for (const given of level.values()) {
      const { name, conflicts = [], accumulates }: OptionDefinition = given.option;
      const before = stronger.get(name);
      if (before && accumulates === true) {
        chosen.set(name, { ...before, value: [...list(before.value), ...list(given.value)] });
      } else if (!before && !conflicts.some((other) => stronger.has(other))) {
        chosen.set(name, given);
      }
    }
  }

  const values: Record<string, OptionValue | ConfigTree | undefined> = {};
  const places: Record<string, Place> = {};
  for (const option of table) {
    const given = chosen.get(option.name);
    values[option.name] = given ? given.value : option.default;
    places[option.name] = given ? given.place : { source: 'default' };
  }
  return success({
    // The loop above wrote exactly the names and types that `Values` derives from the table.
    values: values as Values<Table>,
    places: places as ResolvedOptions<Table>['places'],
    positionals: commandLine.value.positionals,
  });
}

type Level = Map<string, Given>;

function fromCommandLine(
  table: OptionTable,
  sources: OptionSources,
): Result<{ given: Level; positionals: string[] }, OptionFault> {
  const given: Level = new Map();
  const positionals: string[] = [];
  for (const found of readArguments(table, sources.argv)) {
    if (!found.ok) return found;
    if (found.value.kind === 'positional') {
      positionals.push(found.value.text);
      continue;
    }
    const { option, flag, text } = found.value;
    const added = add(given, option, { source: 'option', flag }, [text]);
    if (!added.ok) return added;
  }
  if (positionals[0] !== undefined && sources.positionals !== true) {
    return failure(
      'unexpected-argument',
      `${quote(positionals[0])} on the command line belongs to no option (a command stands before all options); --help lists the options`,
    );
  }
  return success({ given, positionals });
}

function fromEnvironment(
  table: OptionTable,
  env: OptionSources['env'],
): Result<Level, OptionFault> {
  const given: Level = new Map();
  for (const option of table) {
    const text = option.env === undefined ? undefined : env[option.env];
    // `VALLUM_HOST=` in a systemd unit or a shell means: not set.
    if (option.env === undefined || text === undefined || text === '') continue;
    const texts =
      option.type === 'string[]'
        ? text
            .split(',')
            .map((part) => part.trim())
            .filter((part) => part !== '')
        : [text];
    const added = add(given, option, { source: 'environment', variable: option.env }, texts);
    if (!added.ok) return added;
  }
  return success(given);
}

function fromConfig(
  table: OptionTable,
  entries: readonly ConfigEntry[],
): Result<Level, OptionFault> {
  const given: Level = new Map();
  for (const { name, place, texts, tree } of entries) {
    const option = table.find((candidate) => candidate.name === name);
    if (!option) continue;
    if (tree !== undefined) {
      given.set(name, { option, place, value: tree });
      continue;
    }
    // A path in a file means the same wherever the program was started.
    const located =
      option.type === 'file' && place.source === 'file'
        ? texts.map((text) => (text === '' ? text : resolve(dirname(place.path), text)))
        : texts;
    const added = add(given, option, place, located);
    if (!added.ok) return failure('bad-config-file', added.detail);
  }
  return success(given);
}

function add(
  level: Level,
  option: OptionDefinition,
  place: Place,
  texts: readonly string[],
): Result<undefined, OptionFault> {
  if (option.type === 'string[]' && !level.has(option.name)) {
    level.set(option.name, { option, place, value: [] });
  }
  for (const text of texts) {
    const converted = convert(option, text);
    if (!converted.ok) {
      return failure(converted.reason, `${describePlace(place)} ${converted.detail}`);
    }
    const before = option.type === 'string[]' ? list(level.get(option.name)?.value) : undefined;
    level.set(option.name, {
      option,
      place,
      value: before ? [...before, ...list(converted.value)] : converted.value,
    });
  }
  return success(undefined);
}

function findClash(level: Level): Result<never, 'conflict'> | undefined {
  for (const { option, place } of level.values()) {
    for (const name of option.conflicts ?? []) {
      const other = level.get(name);
      if (other) {
        return failure(
          'conflict',
          `${describePlace(place)} and ${describePlace(other.place)} say the same thing twice; leave one of them out`,
        );
      }
    }
  }
  return undefined;
}

function list(value: OptionValue | ConfigTree | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

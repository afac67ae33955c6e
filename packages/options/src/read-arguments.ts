import { failure, success, type Result } from './result.js';
import { withFlags, type OptionDefinition, type OptionTable } from './option.js';
import { quote } from './quote.js';
import { suggest } from './suggest.js';

export type ArgumentFault = 'unknown-option' | 'missing-value' | 'unexpected-value';

export type Argument =
  | {
      readonly kind: 'option';
      readonly option: OptionDefinition;
      /** As it was typed: `-p` or `--port`. */
      readonly flag: string;
      /** What was typed as its value; `true` and `false` for a switch and its `--no-` form. */
      readonly text: string;
    }
  | { readonly kind: 'positional'; readonly text: string };

/**
 * Reads a command line as getopt does: `-p 1883`, `-p1883`, `--port 1883`, `--port=1883`, grouped
 * switches (`-TV`), `--` before what is no option. An option that takes a value takes whatever comes
 * next, also where that looks like an option: the password in `-P -secret` is `-secret`. One whose value
 * may be left out takes only what is attached to it: `--confirm=3`.
 *
 * It is not left to yargs-parser, which does not know `-hbroker`, reads `-P -secret` as switches, and
 * strips quotes from values, which changes a password.
 *
 * Yields one argument or the first fault; nothing comes after a fault.
 */
export function* readArguments(
  allOptions: OptionTable,
  argv: readonly string[],
): Generator<Result<Argument, ArgumentFault>, void> {
  const table = withFlags(allOptions);
  const rest = [...argv];
  for (let text = rest.shift(); text !== undefined; text = rest.shift()) {
    if (text === '--') {
      for (const positional of rest) yield success({ kind: 'positional', text: positional });
      return;
    }
    const found =
      text === '-' || !text.startsWith('-')
        ? [success<Argument>({ kind: 'positional', text })]
        : text.startsWith('--')
          ? [readLong(table, text, rest)]
          : readShorts(table, text, rest);
    for (const argument of found) {
      yield argument;
      if (!argument.ok) return;
    }
  }
}

/** The first of these options on the command line, as long as nothing before it is wrong. */
export function firstRequested(
  table: OptionTable,
  argv: readonly string[],
  names: readonly string[],
): string | undefined {
  for (const found of readArguments(table, argv)) {
    if (!found.ok) return undefined;
    if (found.value.kind === 'option' && names.includes(found.value.option.name)) {
      return found.value.option.name;
    }
  }
  return undefined;
}

function readLong(
  table: OptionTable,
  text: string,
  rest: string[],
): Result<Argument, ArgumentFault> {
  const equals = text.indexOf('=');
  const name = text.slice(2, equals === -1 ? undefined : equals);
  const attached = equals === -1 ? undefined : text.slice(equals + 1);
  const flag = `--${name}`;
  const option = table.find((candidate) => candidate.name === name);

  if (option?.type === 'boolean') {
    return success({ kind: 'option', option, flag, text: attached ?? 'true' });
  }
  if (option) {
    const value = attached ?? option.implied ?? rest.shift();
    return value === undefined
      ? missingValue(option, flag)
      : success({ kind: 'option', option, flag, text: value });
  }
  const negated = table.find(
    (candidate) => candidate.type === 'boolean' && `no-${candidate.name}` === name,
  );
  if (negated && attached === undefined) {
    return success({ kind: 'option', option: negated, flag, text: 'false' });
  }
  if (negated) return failure('unexpected-value', `${flag} takes no value`);
  const near = suggest(
    name,
    table.map((candidate) => candidate.name),
  );
  return failure(
    'unknown-option',
    near === undefined
      ? `there is no option ${quote(flag)}; --help lists them all`
      : `there is no option ${quote(flag)}; did you mean --${near}?`,
  );
}

/** `-TV`, `-p1883`, `-Tp 1883`: switches in a row, the last may take a value. */
function readShorts(
  table: OptionTable,
  text: string,
  rest: string[],
): Result<Argument, ArgumentFault>[] {
  const found: Result<Argument, ArgumentFault>[] = [];
  for (let at = 1; at < text.length; at += 1) {
    const letter = String.fromCodePoint(text.codePointAt(at) ?? 0);
    const flag = `-${letter}`;
    const option = table.find((candidate) => candidate.short === letter);
    if (!option) {
      found.push(failure('unknown-option', unknownShort(table, text, flag)));
      return found;
    }
    if (option.type === 'boolean') {
      found.push(success({ kind: 'option', option, flag, text: 'true' }));
      continue;
    }
    const value = at + 1 < text.length ? text.slice(at + 1) : (option.implied ?? rest.shift());
    found.push(
      value === undefined
        ? missingValue(option, flag)
        : success({ kind: 'option', option, flag, text: value }),
    );
    return found;
  }
  return found;
}

function unknownShort(table: OptionTable, text: string, flag: string): string {
  const long = table.find((candidate) => candidate.name === text.slice(1).split('=')[0]);
  return long
    ? `there is no option ${quote(flag)}; did you mean --${long.name}?`
    : `there is no option ${quote(flag)}; --help lists them all`;
}

function missingValue(option: OptionDefinition, flag: string): Result<Argument, ArgumentFault> {
  return failure(
    'missing-value',
    `${flag} needs a value: ${flag} ${option.placeholder ?? 'VALUE'}`,
  );
}

import { createRequire } from 'node:module';
import type { Argv, Options } from 'yargs';
import { withFlags, type OptionDefinition, type OptionTable } from './option.js';
import { quote } from './quote.js';

export interface HelpText {
  /** As it is typed: `vallumd`. */
  readonly program: string;
  /** Lines above the options, `$0` standing for the program. */
  readonly usage: string;
  /** Lines below the options. */
  readonly epilogue?: string;
  /** Columns of the terminal; default 100. */
  readonly columns?: number;
}

/** Renders `--help`. Loads yargs, which takes a while: call it only where help was asked for. */
export async function renderHelp(table: OptionTable, text: HelpText): Promise<string> {
  const parser = describe(table, text.program);
  parser.usage(text.usage).wrap(Math.min(text.columns ?? 100, 100));
  if (text.epilogue !== undefined) parser.epilogue(text.epilogue);
  return `${await parser.getHelp()}\n`;
}

function describe(table: OptionTable, program: string): Argv {
  const parser = loadYargs()([]).scriptName(program).help(false).version(false);
  for (const option of withFlags(table)) parser.option(option.name, toYargs(option));
  return parser;
}

/** The CommonJS build: the ES module comes without wrap-ansi and breaks lines within words. */
function loadYargs(): (argv: readonly string[]) => Argv {
  return createRequire(import.meta.url)('yargs') as (argv: readonly string[]) => Argv;
}

function toYargs(option: OptionDefinition): Options {
  return {
    ...(option.short === undefined ? {} : { alias: option.short }),
    group: `${option.group}:`,
    description: option.description + describeValue(option),
    ...(option.choices ? { choices: [...option.choices] } : {}),
    ...(option.type === 'boolean' || option.implied !== undefined
      ? { boolean: true }
      : { requiresArg: true }),
    ...(option.type === 'file' ? { normalize: true } : {}),
    ...(option.type === 'string[]' ? { array: true } : {}),
    ...(option.default === undefined || emptyList(option.default)
      ? {}
      : { default: option.default, defaultDescription: defaultText(option) }),
  };
}

/** ` [HOST]`, or ` [--confirm=COUNT]` where the flag may stand alone. */
function describeValue({ name, placeholder, implied }: OptionDefinition): string {
  if (placeholder === undefined) return '';
  return implied === undefined ? ` [${placeholder}]` : ` [--${name}=${placeholder}]`;
}

function emptyList(value: OptionDefinition['default']): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** The default as help and reference show it. */
export function defaultText(option: OptionDefinition): string {
  const { default: value } = option;
  if (value === undefined || emptyList(value)) return '';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return value.map(quote).join(', ');
  if (option.type === 'share') return `${String(Number(value) * 100)}%`;
  if (option.type !== 'duration') return String(value);
  const seconds = Number(value);
  return seconds > 0 && seconds % DAY === 0 ? `${String(seconds / DAY)}d` : `${String(seconds)}s`;
}

const DAY = 86_400;

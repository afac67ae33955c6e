import type { ConfigTree } from './config-tree.js';

/**
 * What a value is made of; `duration` is seconds, `share` a number from 0 to 1, `file` a path, `enum` one
 * of `choices`. A `section` holds keys of its own and stands in the configuration file only: it is no
 * flag, and whoever owns it reads it.
 */
export type OptionType =
  | 'string'
  | 'integer'
  | 'boolean'
  | 'string[]'
  | 'duration'
  | 'share'
  | 'enum'
  | 'file'
  | 'section';

/**
 * One option of a program. Flags, environment, configuration file, help and reference are all made
 * from it, so nothing about an option is written anywhere else.
 */
export interface OptionDefinition {
  /** Long flag without its dashes: `ca-file`. Also the key of its value. */
  readonly name: string;
  /** Short flag: `c`. */
  readonly short?: string;
  readonly type: OptionType;
  /** Environment variable. A list is separated by commas there. */
  readonly env?: string;
  /** Key in the configuration file. */
  readonly configKey?: string;
  readonly default?: string | number | boolean | readonly string[];
  /** One sentence without its full stop. */
  readonly description: string;
  /** Heading in help and reference, in order of first appearance in the table. */
  readonly group: string;
  /** Stands for the value in help: `HOST`. */
  readonly placeholder?: string;
  /**
   * Stands for the value where the flag stands alone; one of its own then has to be attached:
   * `--confirm=3`. Default: the value may not be left out.
   */
  readonly implied?: string;
  /** Never printed: not in errors, not in `ps`. */
  readonly secret?: boolean;
  /** '' is a value too: `--control ''`. An empty environment variable is none. */
  readonly mayBeEmpty?: boolean;
  /** The C vallumd 0.2 has it too, with this short flag and meaning. */
  readonly ancestor?: boolean;
  /** Names of options that say the same thing another way. */
  readonly conflicts?: readonly string[];
  /** For `enum`. */
  readonly choices?: readonly string[];
  /** For `integer` and `duration`, inclusive. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Values of a list from all places add up, where losing one would do harm. */
  readonly accumulates?: boolean;
}

export type OptionTable = readonly OptionDefinition[];

type ValueOf<Option extends OptionDefinition> = Option['type'] extends 'string' | 'file'
  ? string
  : Option['type'] extends 'integer' | 'duration' | 'share'
    ? number
    : Option['type'] extends 'boolean'
      ? boolean
      : Option['type'] extends 'string[]'
        ? readonly string[]
        : Option['type'] extends 'section'
          ? ConfigTree
          : Option extends { readonly choices: readonly (infer Choice)[] }
            ? Choice
            : string;

/** The resolved values of a table, by option name; undefined where nothing was given. */
export type Values<Table extends OptionTable> = {
  readonly [Option in Table[number] as Option['name']]: Option extends {
    readonly default: string | number | boolean | readonly string[];
  }
    ? ValueOf<Option>
    : ValueOf<Option> | undefined;
};

/** Those that can be given on the command line. */
export function withFlags<const Option extends OptionDefinition>(
  table: readonly Option[],
): readonly Option[] {
  return table.filter(({ type }) => type !== 'section');
}

/** Keeps the literal types of a definition, so that `Values` knows names and types. */
export function defineOption<const Option extends OptionDefinition>(option: Option): Option {
  return option;
}

import type { CommandDefinition } from './command.js';
import { withFlags, type OptionDefinition, type OptionTable } from './option.js';

/** A program whose command line shells complete. */
export interface CompletedProgram {
  readonly program: string;
  /** What it takes where no command stands first. */
  readonly table: OptionTable;
  readonly commands?: readonly CommandDefinition[];
}

/** What a shell can offer in place of an option's value: nobody can guess the others. */
export type Guess = 'none' | 'files' | 'choices' | 'hosts' | 'unknown';

export function guessValue(option: OptionDefinition): Guess {
  if (option.type === 'boolean') return 'none';
  if (option.type === 'file') return 'files';
  if (option.choices !== undefined) return 'choices';
  return option.name === 'host' ? 'hosts' : 'unknown';
}

/** The long flag without its dashes. A boolean that is on is of use only as its opposite. */
export function longFlag({ name, type, default: value }: OptionDefinition): string {
  return type === 'boolean' && value === true ? `no-${name}` : name;
}

/** The name of a shell function for a program: `vallum_pub`. */
export function functionName(program: string): string {
  return program.replace(/\W/g, '_');
}

/** Options of the program and of all of its commands, each name once. */
export function allOptions({ table, commands = [] }: CompletedProgram): OptionTable {
  const byName = new Map<string, OptionDefinition>();
  for (const option of withFlags([...table, ...commands.flatMap(({ options }) => options)])) {
    if (!byName.has(option.name)) byName.set(option.name, option);
  }
  return [...byName.values()];
}

import type { OptionTable } from './option.js';

/**
 * One command of a program: the word that stands first. Manual and completion are made from it, so
 * that a new command is written down in one list.
 */
export interface CommandDefinition {
  readonly name: string;
  /** What follows the name on the command line: `[--json]`. */
  readonly synopsis: string;
  /** A few words that complete "`vallumd NAME`", without full stop. */
  readonly summary: string;
  /** Sentences for the manual; the summary as a sentence unless given. */
  readonly description?: string;
  /** Every option that it knows and makes use of. */
  readonly options: OptionTable;
}

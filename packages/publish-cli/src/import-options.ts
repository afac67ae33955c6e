import { defineOption } from '@vallum/options';
import { publishOptions } from './options.js';

export const DEFAULT_DATABASE = '/var/lib/fail2ban/fail2ban.sqlite3';

const group = 'What to import';

/** What `add` takes, and what to read; that part of it says itself when its bans end. */
export const importOptions = [
  defineOption({
    name: 'db',
    type: 'file',
    default: DEFAULT_DATABASE,
    description: "fail2ban's database (fail2ban-client get dbfile)",
    group,
    placeholder: 'FILE',
  }),
  defineOption({
    name: 'jail',
    type: 'string[]',
    default: [],
    description: 'Only the bans of this jail; may be given more than once',
    group,
    placeholder: 'NAME',
  }),
  defineOption({
    name: 'as',
    type: 'string',
    description: 'The whole origin, where bans of one jail are imported (--jail)',
    group,
    placeholder: 'NAME',
    conflicts: ['origin'],
  }),
  ...publishOptions,
] as const;

/** Of those, what `import` refuses. */
export const NOT_FOR_IMPORT = ['file', 'timeout', 'since', 'until'] as const;

/** The same, and what is not said to be there. */
export const HIDDEN_FROM_IMPORT: readonly string[] = [...NOT_FOR_IMPORT, 'all', 'confirm'];

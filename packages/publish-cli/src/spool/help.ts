import { renderHelp } from '@vallum/options';
import { FOR_SPOOL, flushOptions, NOT_FOR_FLUSH, spoolOptions } from './options.js';

/** The text of `vallum-pub flush --help` and of `vallum-pub spool --help`. */
export function spoolHelp(command: 'flush' | 'spool'): Promise<string> {
  return command === 'flush'
    ? renderHelp(
        flushOptions.filter(({ name }) => !NOT_FOR_FLUSH.includes(name)),
        {
          program: 'vallum-pub flush',
          usage:
            'Usage: vallum-pub flush [--spool-dir DIR] [options]\n\n' +
            'Delivers what vallum-pub has kept while the broker was away, oldest first. The Debian\n' +
            'package does it by itself, as soon as there is something and then every minute.',
          epilogue:
            'Exit codes: 0 nothing waits any more, 65 something in the spool was no message, 67 nobody\n' +
            'listens to some of it, 69 no connection, 75 not all was delivered within --wait, 77 refused;\n' +
            'what was not delivered stays. The others as of vallum-pub add.',
        },
      )
    : renderHelp(
        spoolOptions.filter(({ name }) => FOR_SPOOL.includes(name)),
        {
          program: 'vallum-pub spool',
          usage:
            'Usage: vallum-pub spool [--spool-dir DIR] [--json]\n\n' +
            'Lists what vallum-pub has kept while the broker was away, oldest first: when it was asked\n' +
            'for, where it goes, what it is, for which broker, and why it is here.',
          epilogue: 'Exit codes: 0 (also where nothing waits), 66 the folder cannot be read.',
        },
      );
}

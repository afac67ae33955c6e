import {
  createDryRunBackend,
  createIpsetBackend,
  createIpsetProcessBackend,
  createMemoryBackend,
  createNftablesBackend,
  createNftablesProcessBackend,
  type Backend,
} from '@vallum/core';
import type { Log } from './log.js';
import type { BackendChoice } from './settings.js';

/** @throws VallumError `INVALID_ARGUMENT` for a table that nft could not name */
export async function createBackend({ name, table }: BackendChoice, log: Log): Promise<Backend> {
  const fellBack = (message: string) => {
    log.write({ level: 'warning', event: 'backend', message });
  };
  switch (name) {
    case 'ipset':
      return createIpsetBackend({ fellBack });
    case 'ipset-process':
      return createIpsetProcessBackend();
    case 'nftables':
      return createNftablesBackend({ ...table, fellBack });
    case 'nftables-process':
      return createNftablesProcessBackend(table);
    case 'memory':
      return createMemoryBackend();
    case 'dry-run':
      // Looks at the kernel's sets and edits copies of them.
      return createDryRunBackend({
        inner: await createIpsetBackend({ fellBack }),
        print: (message) => {
          log.write({ level: 'info', event: 'dry-run', message: `dry run: ${message}` });
        },
      });
  }
}

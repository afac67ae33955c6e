import {
  createDryRunBackend,
  createIpsetBackend,
  createIpsetProcessBackend,
  createMemoryBackend,
  type Backend,
} from '@vallum/core';
import type { Log } from './log.js';
import type { Settings } from './settings.js';

export async function createBackend(name: Settings['backend'], log: Log): Promise<Backend> {
  const fellBack = (message: string) => {
    log.write({ level: 'warning', event: 'backend', message });
  };
  switch (name) {
    case 'ipset':
      return createIpsetBackend({ fellBack });
    case 'ipset-process':
      return createIpsetProcessBackend();
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

import {
  createDryRunBackend,
  createIpsetBackend,
  createMemoryBackend,
  type Backend,
} from '@vallum/core';
import type { Log } from './log.js';
import type { Settings } from './settings.js';

export function createBackend(name: Settings['backend'], log: Log): Backend {
  switch (name) {
    case 'ipset':
      return createIpsetBackend();
    case 'memory':
      return createMemoryBackend();
    case 'dry-run':
      // Looks at the kernel's sets and edits copies of them.
      return createDryRunBackend({
        inner: createIpsetBackend(),
        print: (message) => {
          log.write({ level: 'info', event: 'dry-run', message: `dry run: ${message}` });
        },
      });
  }
}

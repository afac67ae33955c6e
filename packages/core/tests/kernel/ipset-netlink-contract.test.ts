import { execFileSync } from 'node:child_process';
import { it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import { createNetlinkIpsetBackend } from '../../src/backend/ipset-netlink/netlink-ipset-backend.js';
import { backendContract, type Outside } from '../../src/testing/index.js';

function ipset(...args: string[]): string {
  return execFileSync('ipset', args, { encoding: 'utf8' });
}

/** What an administrator does with the program ipset. */
const outside: Partial<Outside> = {
  addException: (set, address) => Promise.resolve(void ipset('add', set, address, 'nomatch')),
  createEvicting: (set) => Promise.resolve(void ipset('create', set, 'hash:ip', 'forceadd')),
};
const OUTSIDE = { outside: ['addException', 'createEvicting'] } as const;

suiteNeeding(['ipset'], 'the ipset backend over netlink', () => {
  const cases = backendContract(async () => {
    const backend = await createNetlinkIpsetBackend();
    return {
      backend,
      outside,
      async dispose() {
        await backend.close();
        const names = ipset('list', '-n').split('\n');
        for (const name of names.filter((text) => text.startsWith('contract-'))) {
          ipset('destroy', name);
        }
      },
    };
  }, OUTSIDE);
  for (const { title, run } of cases) it(title, run);
});

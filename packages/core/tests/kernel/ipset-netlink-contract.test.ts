import { execFileSync } from 'node:child_process';
import { it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import { createNetlinkIpsetBackend } from '../../src/backend/ipset-netlink/netlink-ipset-backend.js';
import { backendContract } from '../../src/testing/index.js';

suiteNeeding(['ipset'], 'the ipset backend over netlink', () => {
  const cases = backendContract(async () => {
    const backend = await createNetlinkIpsetBackend();
    return {
      backend,
      async dispose() {
        await backend.close();
        const names = execFileSync('ipset', ['list', '-n'], { encoding: 'utf8' }).split('\n');
        for (const name of names.filter((text) => text.startsWith('contract-'))) {
          execFileSync('ipset', ['destroy', name]);
        }
      },
    };
  });
  for (const { title, run } of cases) it(title, run);
});

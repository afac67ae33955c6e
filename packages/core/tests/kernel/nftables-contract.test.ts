import { execFileSync } from 'node:child_process';
import { it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import {
  createNftablesBackend,
  type NftablesBackendOptions,
} from '../../src/backend/nftables-netlink/nftables-backend.js';
import { backendContract } from '../../src/testing/index.js';

const variants: [string, NftablesBackendOptions][] = [
  ['the nftables backend over netlink', {}],
  [
    'the nftables backend over netlink, where a kernel cannot renew an end',
    { kernelRelease: '6.1.0' },
  ],
];

for (const [name, options] of variants) {
  suiteNeeding(['nft'], name, () => {
    const cases = backendContract(
      async () => {
        const backend = await createNftablesBackend({ chain: false, ...options });
        return {
          backend,
          outside: {
            addMember: (set: string, address: string) => {
              execFileSync('nft', ['add', 'element', 'inet', 'filter', set, `{ ${address} }`]);
              return Promise.resolve();
            },
          },
          async dispose() {
            await backend.close();
            execFileSync('nft', ['flush', 'ruleset']);
          },
        };
      },
      { types: ['hash:ip', 'hash:net'], lacks: ['comments'], outside: ['addMember'] },
    );
    for (const { title, run } of cases) it(title, run);
  });
}

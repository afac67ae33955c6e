import { execFileSync } from 'node:child_process';
import { suiteNeeding, testNeeding } from '@vallum/test-kit';
import { createNftablesProcessBackend } from '../../src/backend/nftables-process/nftables-process-backend.js';
import { backendContract } from '../../src/testing/index.js';

suiteNeeding(['nft'], 'the nftables backend through nft', () => {
  const cases = backendContract(
    async () => {
      const backend = createNftablesProcessBackend({ chain: false });
      return {
        backend,
        async dispose() {
          await backend.close();
          execFileSync('nft', ['flush', 'ruleset']);
        },
      };
    },
    { types: ['hash:ip', 'hash:net'], lacks: ['comments'] },
  );
  for (const { title, run } of cases) {
    testNeeding(/\b(many|thousands)\b/.test(title) ? ['nft-in-bulk'] : [], title, run);
  }
});

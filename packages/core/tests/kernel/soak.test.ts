import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';

// By hand for as long as you like: `npm run soak -- 300`.
const SECONDS = Number(process.env['VALLUM_SOAK_SECONDS'] ?? 10);
const script = fileURLToPath(new URL('../../../../bench/soak.mjs', import.meta.url));

/** In a process of its own: jest's memory and descriptors are not what is being looked at. */
function soak(backend: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const args = ['--expose-gc', script, String(SECONDS), backend];
    execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

for (const [backend, tool] of [
  ['ipset', 'ipset'],
  ['nftables', 'nft'],
] as const) {
  suiteNeeding([tool], `bans and unbans without end, into ${backend}`, () => {
    it(
      'leave the set as the ledger has it, memory flat and no descriptor open',
      async () => {
        const { code, output } = await soak(backend);
        expect({ code, output }).toEqual({
          code: 0,
          output: expect.stringContaining('"faults":[]'),
        });
      },
      (SECONDS + 60) * 1000,
    );
  });
}

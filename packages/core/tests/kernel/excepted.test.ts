import { afterEach, describe, expect, it } from '@jest/globals';
import { mustRun, suiteNeeding } from '@vallum/test-kit';
import type { Backend } from '../../src/backend/backend.js';
import { createNetlinkIpsetBackend } from '../../src/backend/ipset-netlink/netlink-ipset-backend.js';
import { createIpsetProcessBackend } from '../../src/backend/ipset-process/ipset-process-backend.js';
import { createNftablesBackend } from '../../src/backend/nftables-netlink/nftables-backend.js';
import { createNftablesProcessBackend } from '../../src/backend/nftables-process/nftables-process-backend.js';
import type { Report } from '../../src/enforce/report.js';
import { createVallum } from '../../src/node/vallum.js';
import type { Vallum } from '../../src/node/vallum-types.js';

suiteNeeding(['ipset', 'nft'], 'a ban where somebody else has an entry', () => {
  let node: Vallum;
  const start = async (backend: Backend): Promise<void> => {
    node = await createVallum({ topics: ['ours'], backend, policy: { protectHost: false } });
  };
  const ban = async (...addresses: string[]): Promise<string[]> =>
    (await node.ban(addresses)).map(verdictOf);

  describe.each<[string, () => Promise<Backend>]>([
    ['ipset', () => createNetlinkIpsetBackend()],
    ['ipset-process', () => Promise.resolve(createIpsetProcessBackend())],
  ])('of %s', (_, open) => {
    afterEach(async () => {
      await node.close();
      await mustRun('ipset', ['destroy', 'ours']);
    });

    it('is told to be excepted where the entry is an exception, and only there', async () => {
      const entries = ['192.0.2.7', '192.0.2.0/28 nomatch', '192.0.2.64/26', '192.0.2.65 nomatch'];
      const script = entries.map((entry) => `add ours ${entry}`).join('\n');
      await mustRun('ipset', ['restore'], { input: `create ours hash:net timeout 0\n${script}\n` });
      await start(await open());
      expect(await ban('192.0.2.7', '192.0.2.0/28', '192.0.2.64/26', '192.0.2.65')).toEqual([
        'banned',
        'excepted',
        'banned',
        'excepted',
      ]);
      // An entry of its own counts, though an exception is around it.
      expect(await ban('192.0.2.8', '192.0.2.0/30', '192.0.2.66')).toEqual([
        'banned',
        'banned',
        'banned',
      ]);
      const saved = (await mustRun('ipset', ['save', 'ours'])).split('\n');
      expect(saved.filter((line) => line.endsWith('nomatch')).sort()).toEqual([
        'add ours 192.0.2.0/28 timeout 0 nomatch',
        'add ours 192.0.2.65 timeout 0 nomatch',
      ]);
    });

    it('asks for no exceptions of a set that can have none', async () => {
      await mustRun('ipset', ['restore'], {
        input: 'create ours hash:ip timeout 0\nadd ours 192.0.2.7 timeout 5000\n',
      });
      await start(await open());
      expect(await ban('192.0.2.7')).toEqual(['banned']);
    });
  });

  describe.each<[string, () => Promise<Backend>]>([
    ['nftables', () => createNftablesBackend({ table: 'vallum', chain: false })],
    [
      'nftables-process',
      () => Promise.resolve(createNftablesProcessBackend({ table: 'vallum', chain: false })),
    ],
  ])('of %s', (_, open) => {
    afterEach(async () => {
      await node.close();
      await mustRun('nft', ['flush', 'ruleset']);
    });

    it('is never told to be excepted: nf_tables knows no exceptions', async () => {
      await mustRun('nft', ['-f', '-'], {
        input: `add table inet vallum
          add set inet vallum ours { type ipv4_addr; flags timeout; }
          add set inet vallum ours-net { type ipv4_addr; flags interval,timeout; }
          add element inet vallum ours { 192.0.2.7 }
          add element inet vallum ours-net { 198.51.100.0/23, 203.0.113.0/25 }\n`,
      });
      await start(await open());
      const addresses = ['192.0.2.7', '198.51.100.0/24', '203.0.113.0/25', '203.0.113.0/24'];
      expect(await ban(...addresses)).toEqual(['banned', 'banned', 'banned', 'banned']);
    });
  });
});

function verdictOf(report: Report): string {
  return 'code' in report ? report.code : report.outcome;
}

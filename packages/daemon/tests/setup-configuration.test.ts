import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import { createFirewall, type Firewall } from './doctor-world.js';
import { runSetupIn } from './setup-world.js';

let firewall: Firewall;
let file: string;
const setup = (...args: readonly string[]) => runSetupIn(firewall, ...args);

suiteNeeding(
  ['namespace', 'iproute', 'ipset', 'iptables', 'nft'],
  'vallumd setup and the configuration',
  () => {
    beforeAll(async () => {
      firewall = await createFirewall('setupconf');
    });
    afterEach(() => firewall.clear());
    beforeEach(() => {
      file = join(temporaryFolder(), 'vallumd.yaml');
    });
    const apply = (...more: readonly string[]) =>
      setup('--config', file, '--apply', '--rules', 'nftables', ...more);

    it('writes the backend that its rules need behind what stands there, and keeps the rest', async () => {
      const text = '# mine\ntopics: [blacklist]   # both\nhost: broker.example';
      writeFileSync(file, text);
      chmodSync(file, 0o640);
      const link = `${file}.link`;
      symlinkSync(file, link);
      const { stdout } = await setup('--config', link, '--apply', '--rules', 'nftables');
      expect(stdout).toContain(`Written to ${link}: backend: nftables; a vallumd that runs`);
      expect(readFileSync(file, 'utf8')).toBe(
        `${text}\n\n# Written by vallumd setup, whose rules look up these sets.\nbackend: nftables\n`,
      );
      expect(statSync(file).mode & 0o777).toBe(0o640);
      // From now on that decides.
      const again = await setup('--config', file, '--apply');
      expect(again.stdout).toMatch(/^Rules of nftables, since backend in .* line 6 \(nftables\)/);
      expect(again.stdout).toContain('Everything is there.');
    });

    it.each([
      ['a mapping in braces', '{ topics: [blacklist] }\n'],
      ['an end that is marked', 'topics: [blacklist]\n...\n'],
    ])('says the line where it cannot go behind %s', async (_what, text) => {
      writeFileSync(file, text);
      const { stdout } = await apply();
      expect(stdout).toContain(`Put it into ${file} yourself: backend: nftables\n`);
      expect(readFileSync(file, 'utf8')).toBe(text);
    });

    it('changes no backend that is there, and says what does not go together', async () => {
      const text = 'topics: [blacklist]\nbackend: ipset\n';
      writeFileSync(file, text);
      const { stdout, stderr } = await apply();
      expect(stderr).toMatch(/line 2 \(ipset\) asks for sets that no rule of nftables can look up/);
      expect(stdout).toContain('vallumd has to edit these sets: backend: nftables');
      expect(readFileSync(file, 'utf8')).toBe(text);
    });
  },
);

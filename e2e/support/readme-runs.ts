import { expect } from '@jest/globals';
import type { Run } from './page-register.js';
import {
  byHand,
  fleet,
  inSet,
  listening,
  lone,
  passwords,
  plain,
  publisher,
  startFail2ban,
  thenListening,
  withFile,
} from './page-scene.js';
import { typedBlocks } from './pages.js';

/** What the README, and those of the packages, have somebody type. */
export const readmeRuns: readonly Run[] = [
  {
    page: 'README.md',
    block: /^npx .*\nsudo ipset list blacklist/,
    async proves(text) {
      await lone.sh(byHand);
      // As npm start runs it.
      await listening(lone, 'vallumd --listen 127.0.0.1:1883 -t blacklist --state-dir .vallum');
      const [ban = '', ...look] = text.split('\n');
      await lone.sh(ban);
      await lone.until(inSet('blacklist', '203.0.113.7'));
      const told = await lone.sh(look.join('\n'));
      expect(told).toMatch(/^203\.0\.113\.7( timeout 0)?$/m);
      expect(told).toContain('203.0.113.7 in blacklist: banned, kernel set blacklist holds it');
      await lone.sh('rm -r .vallum');
    },
  },
  {
    page: 'README.md',
    block: /^sudo iptables -I INPUT .*\n$/,
    async proves(text) {
      await lone.sh(`${byHand}; ${text}`);
      expect(await lone.sh('iptables -S INPUT')).toContain('--match-set blacklist src -j DROP');
    },
  },
  {
    page: 'README.md',
    block: /^vallumd setup -t blacklist --apply\nvallumd doctor/,
    async proves(text) {
      withFile();
      const [setup = '', doctor = ''] = text.split('\n');
      await fleet.sh(setup);
      await listening(fleet, 'vallumd');
      expect(await fleet.try(`${doctor} -v`)).toMatchObject({
        code: 0,
        said: expect.stringMatching(/ok +rules blacklist/),
      });
    },
  },
  {
    page: 'README.md',
    block: /^ipset create[^]*vallumd -h broker\.example -p 8883/,
    async proves(text) {
      fleet.write('/etc/vallum/mqtt-password', passwords.fw1, 0o600);
      await thenListening(fleet, `${text.trimEnd()} --node fw1\n`);
      await fleet.sh('mosquitto_pub -h broker.example -q 1 -t blacklist/add -m 203.0.113.7');
      await fleet.until(inSet('blacklist', '203.0.113.7'));
      expect(await fleet.sh('iptables -S INPUT')).toContain('--match-set blacklist src -j DROP');
    },
  },
  {
    page: 'README.md',
    block: /^vallum-pub add 203\.0\.113\.7 [^]*vallum-pub add --file/,
    async proves(text) {
      await fleet.sh(byHand);
      await listening(fleet, plain);
      publisher('README.md');
      await fleet.sh('printf "198.51.100.1\\n198.51.100.0/28\\n" >spammers.txt');
      await fleet.sh(text);
      await fleet.until(`! ${inSet('blacklist', '203.0.113.7')}`);
      expect(await fleet.sh('ipset save blacklist')).toMatch(
        /add blacklist 203\.0\.113\.8 timeout [1-9]\d*\n/,
      );
      await fleet.until(inSet('blacklist', '198.51.100.9'));
    },
  },
  {
    page: 'packages/daemon/README.md',
    block: /^vallumd --listen 127\.0\.0\.1:1883 --backend memory/,
    async proves(text) {
      const vallumd = await listening(lone, text);
      const ban = typedBlocks('packages/daemon/README.md').find((one) => one.startsWith('npx'));
      await lone.sh(String(ban));
      await vallumd.waitForOutput(
        /banned 203\.0\.113\.7 in blacklist for ever \(via blacklist\/add\)/,
      );
    },
  },
  {
    page: 'packages/daemon/README.md',
    block: /^npx -p @vallum\/publish-cli/,
    async proves(text) {
      await listening(
        lone,
        'vallumd --listen 127.0.0.1:1883 --backend memory --create -t blacklist',
      );
      expect(await lone.sh(text)).toContain('sent 1 ban');
    },
  },
  {
    page: 'packages/daemon/README.md',
    block: /^vallumd -h broker\.example -p 8883/,
    async proves(text) {
      fleet.write('/etc/vallum/mqtt-password', passwords.fw1, 0o600);
      await fleet.sh(byHand);
      await listening(fleet, text);
    },
  },
  {
    page: 'packages/publish-cli/README.md',
    block: /^vallum-pub add 203\.0\.113\.7 [^]*--file/,
    async proves(text) {
      await startFail2ban();
      await fleet.sh('fail2ban-client set sshd banip 203.0.113.9');
      await fleet.sh(`${byHand}; echo 198.51.100.1 >spammers.txt`);
      const vallumd = await listening(fleet, plain);
      publisher('packages/publish-cli/README.md');
      await fleet.sh(text);
      await vallumd.waitForOutput(/203\.0\.113\.9 .*fw1\.example\.sshd/);
      await fleet.until(inSet('blacklist', '198.51.100.1'));
      await fleet.until(`! ${inSet('blacklist', '203.0.113.7')}`);
    },
  },
  {
    page: 'packages/publish-cli/README.md',
    block: /--dry-run\n$/,
    async proves(text) {
      expect(await lone.sh(text)).toMatch(/^blacklist\/add 203\.0\.113\.7 /);
    },
  },
];

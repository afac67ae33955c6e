import { expect } from '@jest/globals';
import type { Run } from './page-register.js';
import {
  byHand,
  fleet,
  inSet,
  inTable,
  keptForLater,
  listening,
  lone,
  plain,
  publisher,
  thenListening,
  withFile,
} from './page-scene.js';
import { monitoringRuns } from './monitoring-runs.js';
import { typedBlocks } from './pages.js';

/** What the other guides have somebody type. */
export const guideRuns: readonly Run[] = [
  ...monitoringRuns,
  {
    page: 'docs/operations.md',
    block: /^vallumd -h broker\.example -t blacklist\n$/,
    async proves(text) {
      const needed = typedBlocks('docs/operations.md').find((one) => one.includes('ip6tables'));
      await fleet.sh(String(needed));
      await listening(fleet, text);
      await fleet.sh('vallum-pub add 203.0.113.7 2001:db8::7 --set blacklist -h broker.example');
      await fleet.until(inSet('blacklist', '203.0.113.7'));
      await fleet.until(inSet('blacklist6', '2001:db8::7'));
    },
  },
  {
    page: 'docs/operations.md',
    block: /^ipset create blacklist hash:net timeout 0\niptables/,
    async proves(text) {
      await fleet.sh(text);
      expect(await fleet.sh('iptables -S INPUT; ip6tables -S INPUT')).toMatch(
        /--match-set blacklist src -j DROP\n[^]*--match-set blacklist6 src -j DROP\n/,
      );
      withFile();
      await listening(fleet, 'vallumd');
      expect(await fleet.try('vallumd doctor')).toMatchObject({ code: 0 });
    },
  },
  {
    page: 'docs/operations.md',
    block: /^vallum-pub spool\n/,
    async proves(text) {
      await fleet.sh(keptForLater);
      expect(await fleet.sh(`export VALLUM_SPOOL=true; ${text}`)).toMatch(
        /blacklist\/add 203\.0\.113\.9 .*\n1 entry in 1 message: vallum-pub flush delivers them\n$/,
      );
    },
  },
  {
    page: 'docs/operations.md',
    block: /^ipset create blacklist-new/,
    async proves(text) {
      await fleet.sh(`${byHand}; iptables -I INPUT -m set --match-set blacklist src -j DROP`);
      await listening(fleet, plain);
      await fleet.sh('vallum-pub add 203.0.113.7 --set blacklist -h broker.example');
      await fleet.until(inSet('blacklist', '203.0.113.7'));
      await fleet.sh(text);
      await fleet.until(inSet('blacklist', '203.0.113.7'));
      expect(await fleet.sh('ipset list -t')).toMatch(/^Name: blacklist\n[^]*maxelem 1048576/m);
      expect(await fleet.sh('ipset list -n')).not.toContain('blacklist-new');
    },
  },
  ...(['docs/repair.md'] as const).map((page) => ({
    page,
    block: /^mosquitto_sub -h broker\.example -v -t/,
    proves: async (text: string) => {
      await fleet.sh(byHand);
      await listening(fleet, plain);
      const { said } = await fleet.try(`timeout 2 ${text}`);
      expect(said).toMatch(/^vallumd\/fw1 \{.*"digest":"[^"]+"/m);
    },
  })),
  {
    page: 'docs/repair.md',
    block: /^vallumd --keeper/,
    async proves(text) {
      const keeper = await listening(fleet, text);
      await fleet.sh('vallum-pub add 203.0.113.7 --set blacklist');
      await keeper.waitForOutput(/noted the ban of 203\.0\.113\.7/);
      expect(await fleet.sh('ipset list -n')).toBe('');
      expect(await fleet.sh('vallumd journal')).toContain('ban blacklist 203.0.113.7');
    },
  },
  {
    page: 'docs/nftables.md',
    block: /^vallumd setup --rules nftables/,
    async proves(text) {
      await thenListening(fleet, text);
      expect(await fleet.sh('nft list table inet vallum')).toMatch(/@blacklist .*drop/);
      await fleet.sh('vallum-pub add 203.0.113.7 198.51.100.0/24 --set blacklist');
      await fleet.until(inTable('blacklist', '203.0.113.7'));
      await fleet.until(inTable('blacklist-net', '198.51.100.7'));
    },
  },
  {
    page: 'docs/broker.md',
    block: /broker-files .*--nodes fw1,fw2/,
    async proves(text) {
      const said = await fleet.sh(text);
      expect(said).toContain('root@fw2:/etc/vallum/');
      const another = typedBlocks('docs/broker.md').find((one) => one.includes('--nodes fw3'));
      await fleet.sh(String(another));
      expect(await fleet.sh('ls vallum-fleet/machines; rm -r vallum-fleet')).toBe(
        'fw1\nfw2\nfw3\nweb1\n',
      );
    },
  },
  {
    page: 'docs/broker.md',
    block: /broker-files .*--nodes fw3/,
    async proves(text) {
      const said = await fleet.sh(text);
      expect(said).toContain('root@fw3:/etc/vallum/');
      await fleet.sh('rm -r vallum-fleet');
    },
  },
  {
    page: 'docs/broker.md',
    block: /^vallumd doctor\n$/,
    async proves(text) {
      withFile();
      fleet.write(
        '/etc/vallum/vallum-pub.yaml',
        'host: broker.example\ntls: true\nusername: fw1\nset: blacklist\n',
      );
      await fleet.sh('vallumd setup --apply');
      await listening(fleet, 'vallumd');
      await fleet.sh(`${text}vallum-pub doctor`);
    },
  },
  {
    page: 'docs/doctor.md',
    block: /^vallumd doctor\n/,
    async proves(text) {
      withFile();
      await fleet.sh(byHand);
      await fleet.sh(
        'iptables -A INPUT -j ACCEPT; iptables -A INPUT -m set --match-set blacklist src -j DROP',
      );
      await listening(fleet, 'vallumd');
      const { code, said } = await fleet.try(text);
      expect([code, said]).toEqual([
        2,
        expect.stringMatching(/critical +rules blacklist: its rule in [^]*never reached/),
      ]);
    },
  },
  {
    page: 'docs/doctor.md',
    block: /^vallum-pub doctor --set blacklist/,
    async proves(text) {
      publisher('README.md');
      await fleet.sh(byHand);
      await listening(fleet, plain);
      expect(await fleet.sh(`${text.trim()} -v`)).toContain('blacklist/add: allowed');
    },
  },
  {
    page: 'docs/doctor.md',
    block: /^vallumd setup -t blacklist\n/,
    async proves(text) {
      const said = await lone.sh(text);
      expect(said).toMatch(/blacklist/);
      expect(await lone.sh('nft list ruleset; ipset list -n')).toBe('');
    },
  },
  {
    page: 'docs/doctor.md',
    block: /^nft add rule inet vallum vallum-allow .*\niptables -I VALLUM/,
    async proves(text) {
      const [nft = '', iptables = ''] = text.split('\n');
      await lone.sh(`vallumd setup -t blacklist --rules nftables --apply; ${nft}`);
      await lone.sh('vallumd setup -t blacklist --rules nftables --apply');
      expect(await lone.sh('nft list chain inet vallum vallum-allow')).toContain(
        'tcp dport 443 accept',
      );
      await lone.sh('nft flush ruleset; rm -f /etc/vallum/vallumd.yaml');
      await lone.sh(`vallumd setup -t blacklist --rules iptables --apply; ${iptables}`);
      await lone.sh('vallumd setup -t blacklist --rules iptables --apply');
      expect(await lone.sh('iptables -S VALLUM')).toMatch(/--dport 443 -j RETURN\n[^]*--match-set/);
    },
  },
  {
    page: 'docs/doctor.md',
    block: /^#!\/bin\/sh\nnft -f -/,
    async proves(text) {
      lone.write('/etc/vallum/after-setup', text, 0o755);
      await lone.sh('vallumd setup -t blacklist --rules nftables --apply');
      await lone.sh('/etc/vallum/after-setup; /etc/vallum/after-setup');
      const chain = await lone.sh('nft list chain inet vallum vallum-allow');
      expect(chain.match(/tcp dport 443 accept/g)).toHaveLength(1);
    },
  },
  {
    page: 'docs/security.md',
    block: /^vallumd --listen 127\.0\.0\.1:1883 /,
    async proves(text) {
      lone.write('/etc/vallum/mqtt-password', 'open sesame\n', 0o600);
      await lone.sh(byHand);
      await listening(lone, text);
      expect((await lone.try('vallum-pub add 203.0.113.7 --set blacklist')).code).toBe(77);
      await lone.sh('vallum-pub add 203.0.113.7 --set blacklist --username me');
      await lone.until(inSet('blacklist', '203.0.113.7'));
    },
  },
  {
    page: 'docs/protocol.md',
    block: /^mosquitto_pub -h broker\.example/,
    async proves(text) {
      await fleet.sh(byHand);
      const vallumd = await listening(fleet, plain);
      await fleet.sh('printf "198.51.100.1\\n198.51.100.2\\n" >addresses.txt');
      // What follows at once overtakes what has not taken effect yet.
      const [ban = '', withTerms = '', ...rest] = text.split('\n');
      await fleet.sh(ban);
      await fleet.until(inSet('blacklist', '203.0.113.7'));
      await fleet.sh(withTerms);
      await vallumd.waitForOutput(/banned 203\.0\.113\.7 .*origin ids1, reason "port scan"/);
      await fleet.sh(rest.join('\n'));
      await fleet.until(inSet('blacklist', '198.51.100.2'));
      await fleet.until(`! ${inSet('blacklist', '203.0.113.7')}`);
    },
  },
  {
    page: 'docs/operations.md',
    block: /--http 9479\n$/,
    async proves(text) {
      await fleet.sh(byHand);
      await listening(fleet, `${text.trim()} --node fw1`);
      await fleet.until('curl -fsS http://127.0.0.1:9479/metrics | grep -q "^vallum"');
    },
  },
  {
    page: 'docs/security.md',
    block: /--http 0\.0\.0\.0:9479 --http-token-file/,
    async proves(text) {
      fleet.write('/etc/vallum/http-token', '0123456789abcdef0123456789abcdef\n', 0o600);
      await fleet.sh(byHand);
      await listening(fleet, `${text.trim()} --node fw1`);
      const token = '-H "Authorization: Bearer $(head -n 1 /etc/vallum/http-token)"';
      await fleet.until(`curl -fsS ${token} http://127.0.0.1:9479/metrics | grep -q "^vallum"`);
      expect((await fleet.try('curl -fsS http://127.0.0.1:9479/metrics')).code).toBe(22);
    },
  },
  {
    page: 'docs/operations.md',
    block: /^vallum-pub why [^]*--confirm\n/,
    async proves(text) {
      await fleet.sh(byHand);
      await listening(fleet, plain);
      fleet.write('/etc/vallum/vallum-pub.yaml', 'host: broker.example\n');
      expect(await fleet.sh(text)).toMatch(/fw1/);
      await fleet.sh(inSet('blacklist', '203.0.113.7'));
    },
  },
];

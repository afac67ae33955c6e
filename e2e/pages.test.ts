import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { suiteNeeding, temporaryFolder, type RunningProcess } from '@vallum/test-kit';
import { forgotten, stale, type Place } from './support/page-register.js';
import { createPageWorld, type PageWorld } from './support/page-world.js';
import { fences, root, typedBlocks } from './support/pages.js';

jest.setTimeout(40_000);

/** A block that is run here, whole, and what has to be so then. */
interface Run extends Place {
  readonly proves: (text: string) => Promise<void>;
}

/** Where no other broker is: what the pages show for one machine. */
let lone: PageWorld;
/** Where `broker.example` is a Mosquitto: open on port 1883, with accounts and TLS on 8883. */
let fleet: PageWorld;
let running: RunningProcess[] = [];
const names = ['broker.example', 'broker.example.org'];
/** As if the broker's certificate came from an authority that everybody knows. */
const trusted = join(temporaryFolder(), 'ca.pem');
const passwords = { fw1: '', web1: '' };

const listening = async (world: PageWorld, script: string) => {
  const vallumd = await world.start(script);
  running.push(vallumd);
  await vallumd.waitForOutput(/listening to blacklist/);
  return vallumd;
};
/** The last line is a vallumd that runs on; those before it are done then. */
const thenListening = async (world: PageWorld, text: string) => {
  const lines = text.trimEnd().split('\n');
  const last = lines.pop() ?? '';
  await world.sh(lines.join('\n'));
  return listening(world, last);
};
const inSet = (set: string, address: string) => `ipset test ${set} ${address} 2>&1`;
const inTable = (set: string, address: string) =>
  `nft get element inet vallum ${set} '{ ${address} }'`;
/** A command or file of a page, shown in this language. */
const shown = (page: string, language: string, pattern: RegExp) => {
  const found = fences(page, language).find((text) => pattern.test(text));
  if (found === undefined) throw new Error(`${page} does not show ${String(pattern)}`);
  return found;
};
const byHand =
  'ipset create blacklist hash:net timeout 0; ipset create blacklist6 hash:net family inet6 timeout 0';
const plain = 'vallumd -h broker.example -t blacklist --node fw1';
/** A firewall whose configuration is a file, as `vallumd` and `vallumd doctor` find it. */
const withFile = () => {
  fleet.write(
    '/etc/vallum/vallumd.yaml',
    'host: broker.example\ntls: true\nusername: fw1\ntopics: [blacklist]\n',
  );
  fleet.write('/etc/vallum/mqtt-password', passwords.fw1, 0o600);
};
const publisher = (page: string) => {
  fleet.write('/etc/vallum/vallum-pub.yaml', shown(page, 'yaml', /username: web1/));
  fleet.write('/etc/vallum/mqtt-password', passwords.web1, 0o600);
};
const startFail2ban = async () => {
  await fleet.sh(
    `vallum-fail2ban-action --output /etc/fail2ban/action.d/vallumd.conf
     rm -f /etc/fail2ban/jail.d/*; mkdir -p /run/fail2ban; : >/var/log/vallum-auth.log; rm -f /var/lib/fail2ban/*`,
  );
  fleet.write(
    '/etc/fail2ban/jail.d/here.conf',
    '[sshd]\nbackend = polling\nlogpath = /var/log/vallum-auth.log\n',
  );
  fleet.write(
    '/etc/fail2ban/jail.local',
    shown('docs/fail2ban.md', 'ini', /^enabled = true$/m).replace(
      'set=blacklist',
      'set=blacklist, origin="web1.<name>"',
    ),
  );
  publisher('docs/fail2ban.md');
  const server = await fleet.start('fail2ban-server -f --logtarget STDOUT start');
  running.push(server);
  await fleet.until('fail2ban-client status sshd');
};

const runs: readonly Run[] = [
  {
    page: 'README.md',
    block: /^npx .*\nsudo ipset list blacklist/,
    async proves(text) {
      await lone.sh(byHand);
      // As npm start runs it.
      await listening(lone, 'vallumd --listen 127.0.0.1:1883 -t blacklist');
      const [ban = '', ...look] = text.split('\n');
      await lone.sh(ban);
      await lone.until(inSet('blacklist', '203.0.113.7'));
      expect(await lone.sh(look.join('\n'))).toMatch(/^203\.0\.113\.7( timeout 0)?$/m);
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
  ...(['docs/operations.md', 'docs/repair.md'] as const).map((page) => ({
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
    block: /^vallumd doctor\nvallum-pub doctor/,
    async proves(text) {
      withFile();
      fleet.write(
        '/etc/vallum/vallum-pub.yaml',
        'host: broker.example\ntls: true\nusername: fw1\nset: blacklist\n',
      );
      await fleet.sh('vallumd setup --apply');
      await listening(fleet, 'vallumd');
      await fleet.sh(text);
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
  ...(['docs/fail2ban.md', 'packages/fail2ban-action/README.md'] as const).map((page) => ({
    page,
    block: /^npx .*vallum-fail2ban-action --output/,
    proves: async (text: string) => {
      await fleet.sh(`mkdir -p /etc/fail2ban/action.d; ${text}`);
      expect(await fleet.sh('cat /etc/fail2ban/action.d/vallumd.conf')).toBe(
        readFileSync(join(root, 'packages/fail2ban-action/action.d/vallumd.conf'), 'utf8'),
      );
    },
  })),
  ...(['docs/fail2ban.md', 'packages/fail2ban-action/README.md'] as const).map((page) => ({
    page,
    block: /fail2ban-client set sshd banip 203\.0\.113\.7\n/,
    proves: async (text: string) => {
      await fleet.sh(byHand);
      const vallumd = await listening(fleet, plain);
      await startFail2ban();
      await fleet.sh(text);
      await vallumd.waitForOutput(/banned 203\.0\.113\.7 .*web1\.sshd/);
      if (!text.includes('unbanip')) return;
      await vallumd.waitForOutput(/unbanned 203\.0\.113\.7/);
      await fleet.until(`! ${inSet('blacklist', '203.0.113.7')}`);
    },
  })),
  {
    page: 'docs/fail2ban.md',
    block: /^vallum-pub import fail2ban/,
    async proves(text) {
      // Banned while no firewall was there.
      await startFail2ban();
      await fleet.sh('fail2ban-client set sshd banip 203.0.113.7');
      await fleet.sh(byHand);
      const vallumd = await listening(fleet, plain);
      await fleet.sh(text);
      await vallumd.waitForOutput(/banned 203\.0\.113\.7 /);
    },
  },
  {
    page: 'docs/fail2ban.md',
    block: /^fail2ban-client get sshd banip/,
    async proves(text) {
      await startFail2ban();
      await fleet.sh('fail2ban-client set sshd banip 203.0.113.7 203.0.113.8');
      await fleet.sh(byHand);
      await listening(fleet, plain);
      await fleet.sh(text);
      await fleet.until(inSet('blacklist', '203.0.113.7'));
      await fleet.until(inSet('blacklist', '203.0.113.8'));
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
      publisher('packages/publish-cli/README.md');
      await fleet.sh(byHand);
      await listening(fleet, plain);
      await fleet.sh('echo 198.51.100.1 >spammers.txt');
      await fleet.sh(text);
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

describe('the commands of the guides', () => {
  it('are each run by a test, or excused with the reason', () => {
    expect(forgotten(runs)).toEqual([]);
  });

  it('are all shown still', () => {
    expect(stale(runs)).toEqual([]);
  });
});

suiteNeeding(
  [
    'root',
    'namespace',
    'ipset',
    'nft',
    'iptables',
    'mosquitto',
    'mosquitto-clients',
    'openssl',
    'fail2ban',
  ],
  'what the guides show, as they show it',
  () => {
    beforeAll(async () => {
      lone = await createPageWorld('lone', trusted);
      fleet = await createPageWorld('fw1', trusted);
      fleet.write('/etc/hosts', `127.0.0.1 localhost ${names.join(' ')}\n`);
      await fleet.sh(
        `vallumd broker-files --broker ${names.join()} --nodes fw1 --publishers web1 --broker-folder $PWD/its/broker --output its
         chmod -R a+rX its; mv its/ca.pem ${trusted}`,
      );
      for (const name of ['fw1', 'web1'] as const) {
        passwords[name] = await fleet.sh(`cat its/machines/${name}/mqtt-password`);
      }
      // Beside that of broker-files a listener for pages that show no account.
      await fleet.sh(
        '(echo "user root"; echo "per_listener_settings true"; echo "listener 1883"; echo "allow_anonymous true"; cat its/broker/vallum.conf) >mosquitto.conf',
      );
      const broker = await fleet.start('mosquitto -c mosquitto.conf');
      await broker.waitForOutput(/mosquitto version \S+ running/);
    }, 60_000);

    afterEach(async () => {
      await Promise.all(running.map((one) => one.kill()));
      running = [];
      for (const world of [lone, fleet]) {
        await world.sh(
          'iptables -F; iptables -X; ip6tables -F; ip6tables -X; nft flush ruleset; ipset destroy; rm -rf /etc/vallum/* /var/lib/vallum /run/vallum',
        );
      }
    });

    it.each(runs.map((run) => [run.page, run] as const))('%s', async (page, { block, proves }) => {
      await proves(String(typedBlocks(page).find((text) => block.test(text))));
    });
  },
);

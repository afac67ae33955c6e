import { expect } from '@jest/globals';
import type { Aside } from './page-register.js';
import {
  byHand,
  fleet,
  inSet,
  keptForLater,
  listening,
  lone,
  plain,
  startFail2ban,
  withFile,
} from './page-scene.js';

/** A node that has a ban to tell of. */
const withBan = async () => {
  await fleet.sh(byHand);
  const vallumd = await listening(fleet, plain);
  await fleet.sh('vallum-pub add 203.0.113.7 --set blacklist --origin ids1');
  await fleet.until(inSet('blacklist', '203.0.113.7'));
  return vallumd;
};

/** What the running text of the guides tells to type. */
export const asideRuns: readonly Aside[] = [
  {
    page: 'docs/operations.md',
    command: 'vallumd setup',
    async proves(command) {
      lone.write('/etc/vallum/vallumd.yaml', 'host: 127.0.0.1\ntopics: [blacklist]\n');
      expect(await lone.sh(command)).toMatch(/blacklist.* drop/);
      expect(await lone.sh('nft list ruleset; iptables -S; ipset list -n')).not.toMatch(
        /blacklist/,
      );
    },
  },
  {
    page: 'docs/operations.md',
    command: 'vallumd --check-config',
    async proves(command) {
      withFile();
      expect(await fleet.sh(command)).toContain('/etc/vallum/vallumd.yaml: can be used');
      fleet.write('/etc/vallum/vallumd.yaml', 'topcs: [blacklist]\n');
      expect((await fleet.try(command)).code).toBe(78);
    },
  },
  {
    page: 'docs/operations.md',
    command: 'ipset list blacklist',
    async proves(command) {
      await fleet.sh('ipset create blacklist hash:net timeout 0 comment');
      await listening(fleet, plain);
      await fleet.sh(
        'vallum-pub add 203.0.113.7 --set blacklist --timeout 1h --origin ids1 --reason "port scan"',
      );
      await fleet.until(inSet('blacklist', '203.0.113.7'));
      expect(await fleet.sh(command)).toMatch(
        /^203\.0\.113\.7 timeout 3[56]\d\d comment "ids1: port scan"$/m,
      );
    },
  },
  {
    page: 'docs/operations.md',
    command: 'vallumd reconcile',
    async proves(command) {
      const vallumd = await withBan();
      await fleet.sh('ipset del blacklist 203.0.113.7');
      vallumd.clearOutput();
      await fleet.sh(command);
      await fleet.until(inSet('blacklist', '203.0.113.7'));
      await vallumd.waitForOutput(/reconcil|compared/i);
    },
  },
  {
    page: 'docs/operations.md',
    command: 'vallumd journal',
    async proves(command) {
      await withBan();
      expect(await fleet.sh(command)).toMatch(/ ban blacklist 203\.0\.113\.7 .*ids1/m);
    },
  },
  {
    page: 'docs/operations.md',
    command: 'vallumd why 203.0.113.7',
    async proves(command) {
      const vallumd = await withBan();
      expect(await fleet.sh(command)).toMatch(/203\.0\.113\.7[^]*ids1/);
      await vallumd.kill();
      // Also when vallumd does not run.
      expect(await fleet.sh(command)).toMatch(/203\.0\.113\.7[^]*ids1/);
    },
  },
  {
    page: 'docs/fail2ban.md',
    command: 'vallumd -h broker.example.org -t blacklist',
    async proves(command) {
      await fleet.sh(byHand);
      await listening(fleet, command);
    },
  },
  {
    page: 'docs/fail2ban.md',
    command: 'hostname -f',
    async proves(command) {
      expect(await fleet.sh(command)).toBe('fw1.example\n');
    },
  },
  {
    page: 'docs/fail2ban.md',
    command: 'fail2ban-client reload',
    async proves(command) {
      await startFail2ban();
      await fleet.sh(command);
      await fleet.sh('fail2ban-client status sshd');
    },
  },
  {
    page: 'docs/fail2ban.md',
    command: 'vallum-pub del ADDRESS --set SET',
    async proves(command) {
      await withBan();
      await fleet.sh(command.replace('ADDRESS', '203.0.113.7').replace('SET', 'blacklist'));
      await fleet.until(`! ${inSet('blacklist', '203.0.113.7')}`);
    },
  },
  {
    page: 'docs/fail2ban.md',
    command: 'vallum-pub del --origin web1.sshd --all --set blacklist',
    async proves(command) {
      await withBan();
      await fleet.sh('vallum-pub add 203.0.113.8 --set blacklist --origin web1.sshd');
      await fleet.until(inSet('blacklist', '203.0.113.8'));
      await fleet.sh(command);
      await fleet.until(`! ${inSet('blacklist', '203.0.113.8')}`);
      // What others have banned stays.
      await fleet.sh(inSet('blacklist', '203.0.113.7'));
    },
  },
  {
    page: 'docs/operations.md',
    command: 'vallum-pub flush',
    async proves(command) {
      await fleet.sh(byHand);
      await listening(fleet, plain);
      await fleet.sh(keptForLater);
      expect((await fleet.try(inSet('blacklist', '203.0.113.9'))).code).toBe(1);
      await fleet.sh(`VALLUM_SPOOL=true ${command}`);
      await fleet.until(inSet('blacklist', '203.0.113.9'));
    },
  },
  {
    page: 'docs/security.md',
    command: 'vallumd --node fw1 -t blacklist',
    async proves(command) {
      withFile();
      await fleet.sh(byHand);
      const vallumd = await listening(fleet, command);
      expect(vallumd.output()).toContain('starts as fw1');
    },
  },
  {
    page: 'docs/security.md',
    command: 'vallumd --check-config',
    async proves(command) {
      withFile();
      expect(await fleet.sh(command)).toContain('/etc/vallum/mqtt-password');
    },
  },
  ...(
    [
      ['vallumd status', /blacklist +1 /],
      ['vallumd status --json', /"bans": 1,/],
      ['vallumd list --since 24h --sort since', /203\.0\.113\.7/],
      ['vallum-pub why 203.0.113.7 --set blacklist', /203\.0\.113\.7[^]*ids1/],
      ['vallumd fleet', /fw1/],
    ] as const
  ).map(([command, told]) => ({
    page: 'docs/operations.md',
    command,
    proves: async (typed: string) => {
      await withBan();
      fleet.write('/etc/vallum/vallum-pub.yaml', 'host: broker.example\n');
      expect(await fleet.sh(typed)).toMatch(told);
    },
  })),
  {
    page: 'docs/operations.md',
    command: 'vallumd list --ending 1h --sort until',
    async proves(command) {
      await withBan();
      await fleet.sh('vallum-pub add 203.0.113.8 --set blacklist --timeout 30m -h broker.example');
      await fleet.until(inSet('blacklist', '203.0.113.8'));
      const told = await fleet.sh(command);
      expect(told).toContain('203.0.113.8');
      expect(told).not.toContain('203.0.113.7');
    },
  },
  ...(['vallumd watch --recent 20', 'vallumd top'] as const).map((command) => ({
    page: 'docs/operations.md',
    command,
    proves: async (typed: string) => {
      await withBan();
      // Neither ends by itself.
      expect((await fleet.try(`timeout 3 ${typed}`)).said).toMatch(
        /ids1[^]*203\.0\.113\.|203\.0\.113\.7/,
      );
    },
  })),
];

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  connectNamespaces,
  createNamespace,
  makeCertificates,
  ownNamespace,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Certificates,
  type Mosquitto,
  type Namespace,
} from '@vallum/test-kit';
import { startFail2ban, type Fail2ban } from '../packages/fail2ban-action/tests/fail2ban.js';
import { holds } from './support/kernel-set.js';
import { startVallumd } from './support/programs.js';

/**
 * ```
 *                    ┌── 10.81.1.0/24 ── fw1 ── 203.0.113.0/24, 2001:db8:1::/64 ──┐
 *  hub: fail2ban,  ──┤                                                            ├── attacker
 *  Mosquitto (TLS)   └── 10.81.2.0/24 ── fw2 ── 198.51.100.0/24, 2001:db8:2::/64 ─┘
 * ```
 * The attacker uses one address of each family at both firewalls: what one server saw is banned at
 * the door of the other.
 */
const ATTACKER = { ipv4: '203.0.113.7', ipv6: '2001:db8:1::7' } as const;

suiteNeeding(
  ['ipset', 'iptables', 'iproute', 'mosquitto', 'fail2ban', 'openssl'],
  'from a jail to the kernel of every firewall',
  () => {
    let firewalls: Namespace[];
    let attacker: Namespace;
    let broker: Mosquitto;
    let certificates: Certificates;
    let fail2ban: Fail2ban;

    const passes = async (family: keyof typeof ATTACKER, firewall: Namespace) => {
      const target = {
        fw1: { ipv4: '203.0.113.1', ipv6: '2001:db8:1::1' },
        fw2: { ipv4: '198.51.100.1', ipv6: '2001:db8:2::1' },
      }[firewall.name as 'fw1' | 'fw2'][family];
      const ping = ['-c', '1', '-W', '1', '-I', ATTACKER[family], target];
      return (await attacker.run('ping', ping)).code === 0;
    };
    const everywhere = async (set: string, address: string, held: boolean) => {
      for (const firewall of firewalls) {
        await waitFor(async () => (await holds(set, address, firewall)) === held, {
          timeoutMs: 15_000,
          intervalMs: 50,
          what: `${address} ${held ? 'in' : 'out of'} ${set} of ${firewall.name}`,
        });
      }
    };

    const guard = async (firewall: Namespace, password: string, folder: string) => {
      for (const [set, family, iptables] of [
        ['blacklist', 'inet', 'iptables'],
        ['blacklist6', 'inet6', 'ip6tables'],
      ] as const) {
        await firewall.exec('ipset', [
          ...['create', set, 'hash:net', 'family', family, 'timeout', '0'],
        ]);
        await firewall.exec(iptables, [
          ...['-I', 'INPUT', '-m', 'set', '--match-set', set, 'src', '-j', 'DROP'],
        ]);
      }
      const passwordFile = join(folder, `${firewall.name}.password`);
      await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
      const hub = firewall.name === 'fw1' ? '10.81.1.1' : '10.81.2.1';
      const daemon = await startVallumd(
        [
          ...['-h', hub, '-p', String(broker.port), '-t', 'blacklist', '-T', '-c', certificates.ca],
          ...['-u', firewall.name, '--password-file', passwordFile, '--node', firewall.name],
        ],
        { namespace: firewall },
      );
      await daemon.waitForOutput(/listening to blacklist\/#/);
    };

    beforeAll(async () => {
      firewalls = await Promise.all(['fw1', 'fw2'].map(createNamespace));
      const [fw1, fw2] = firewalls as [Namespace, Namespace];
      attacker = await createNamespace('attacker');
      await connectNamespaces(ownNamespace, fw1, {
        left: ['10.81.1.1/24'],
        right: ['10.81.1.2/24'],
      });
      await connectNamespaces(ownNamespace, fw2, {
        left: ['10.81.2.1/24'],
        right: ['10.81.2.2/24'],
      });
      await connectNamespaces(fw1, attacker, {
        left: ['203.0.113.1/24', '2001:db8:1::1/64'],
        right: ['203.0.113.7/24', '2001:db8:1::7/64'],
      });
      await connectNamespaces(fw2, attacker, {
        left: ['198.51.100.1/24', '2001:db8:2::1/64'],
        right: ['198.51.100.7/24', '2001:db8:2::7/64'],
      });
      await fw2.exec('ip', ['route', 'add', '203.0.113.0/24', 'via', '198.51.100.7']);
      await fw2.exec('ip', ['-6', 'route', 'add', '2001:db8:1::/64', 'via', '2001:db8:2::7']);

      const folder = temporaryFolder();
      certificates = await makeCertificates(folder, { names: ['10.81.1.1', '10.81.2.1'] });
      const passwords = { web1: 'from web1', fw1: 'to fw1', fw2: 'to fw2' };
      broker = await startMosquitto({
        tls: {
          ca: certificates.ca,
          cert: certificates.serverCert,
          key: certificates.serverKey,
        },
        users: passwords,
      });
      await Promise.all([guard(fw1, passwords.fw1, folder), guard(fw2, passwords.fw2, folder)]);
      fail2ban = await startFail2ban({
        port: broker.port,
        publisherConfig: `host: 127.0.0.1
tls: true
ca-file: ${certificates.ca}
username: web1
password: ${passwords.web1}
`,
      });
    }, 60_000);
    afterAll(async () => {
      await fail2ban.stop();
      await broker.stop();
      await Promise.all([...firewalls, attacker].map((namespace) => namespace.remove()));
    }, 30_000);

    it.each([
      ['IPv4', 'ipv4', 'blacklist'],
      ['IPv6', 'ipv6', 'blacklist6'],
    ] as const)(
      'drops a packet of the attacker at each door, and lets it pass after the unban: %s',
      async (_name, family, set) => {
        const address = ATTACKER[family];
        for (const firewall of firewalls) expect(await passes(family, firewall)).toBe(true);

        await fail2ban.attack(address);
        await everywhere(set, address, true);
        for (const firewall of firewalls) expect(await passes(family, firewall)).toBe(false);

        await fail2ban.client('set', 'probe', 'unbanip', address);
        await everywhere(set, address, false);
        for (const firewall of firewalls) expect(await passes(family, firewall)).toBe(true);
      },
      60_000,
    );
  },
);

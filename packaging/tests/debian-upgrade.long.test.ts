import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import {
  mustRun,
  ownNamespace,
  runProcess,
  startMosquitto,
  suiteNeeding,
  waitFor,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { unpackDebian, type Debian } from './debian.js';
import { deb } from './prepared.js';
import { startSyslog } from './syslog.js';

const SET = 'upgraded';

/** Held from before the upgrade to after it, whoever looks. */
const kept = ['192.0.2.1', '198.51.100.0/24', '203.0.113.9'];

suiteNeeding(
  ['dpkg', 'debootstrap', 'namespace', 'ipset', 'mosquitto', 'mosquitto-clients', 'python3'],
  'a firewall with Debian 12 that becomes Debian 13 while bans are held',
  () => {
    let debian: Debian;
    let broker: Mosquitto;
    let syslog: RunningProcess;

    const publish = (topic: string, message: string) =>
      mustRun('mosquitto_pub', [
        ...['-p', broker.port.toString(), '-q', '1', '-t', topic, '-m', message],
      ]);
    const held = async (address: string) =>
      (await runProcess('ipset', ['test', SET, address])).code === 0;
    /** Those of `kept` that the kernel does not hold. */
    const missing = async () => {
      const all = await Promise.all(kept.map(async (address) => [address, await held(address)]));
      return all.filter(([, there]) => there !== true).map(([address]) => address);
    };
    const journal = () => debian.exec('vallumd', 'journal');

    beforeAll(async () => {
      debian = await unpackDebian({ name: 'bookworm-to-trixie' });
      broker = await startMosquitto();
      syslog = await startSyslog(debian);
      copyFileSync(deb('vallumd', 'amd64'), join(debian.folder, 'tmp/vallumd.deb'));
      await mustRun('ipset', ['create', SET, 'hash:net', 'timeout', '0']);
    }, 180_000);

    it('holds bans with the Node of Debian 12', async () => {
      expect(await debian.exec('node', '--version')).toMatch(/^v18\./);
      await debian.exec('dpkg', '-i', '/tmp/vallumd.deb');
      debian.write(
        '/etc/vallum/vallumd.yaml',
        `host: 127.0.0.1\nport: ${broker.port.toString()}\ntopics: [${SET}]\n`,
      );
      await debian.exec('/etc/init.d/vallumd', 'start');
      await syslog.waitForOutput(new RegExp(`listening to ${SET}`));
      await publish(SET, `${kept[0] ?? ''} origin web1.sshd reason "port scan"`);
      await publish(SET, `${kept[1] ?? ''} timeout 86400 origin ids1`);
      await publish(SET, kept[2] ?? '');
      await publish(SET, '192.0.2.250');
      await publish(`${SET}/del`, '192.0.2.250');
      await waitFor(async () => (await missing()).length === 0, { what: 'the bans' });
      await waitFor(async () => !(await held('192.0.2.250')), { what: 'the unban' });
    }, 60_000);

    it('loses none of them while apt takes everything to Debian 13, and takes new ones', async () => {
      const apt = { ended: false };
      const lost: unknown[] = [];
      const watch = (async () => {
        for (let round = 0; !apt.ended; round += 1) {
          lost.push(...(await missing()));
          if (round === 5) await publish(SET, '192.0.2.77');
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
        return lost;
      })();
      const said = await debian
        .exec(
          ...['apt-get', '-y', '--no-download', '-o', 'Dpkg::Options::=--force-confold'],
          'full-upgrade',
        )
        .finally(() => (apt.ended = true));
      expect(await watch).toEqual([]);
      expect(said).toContain('Setting up nodejs');
      expect(debian.read('/etc/debian_version')).toMatch(/^13/);
      expect(await debian.exec('node', '--version')).toMatch(/^v20\./);
      expect(await debian.exec('dpkg', '--audit')).toBe('');
      expect(await held('192.0.2.77')).toBe(true);
    }, 900_000);

    it('goes on with the Node of Debian 13: the same journal, the same sets', async () => {
      const before = await journal();
      expect(before).toMatch(/192\.0\.2\.1 .*web1\.sshd/);
      syslog.clearOutput();
      await debian.exec('/etc/init.d/vallumd', 'restart');
      await syslog.waitForOutput(new RegExp(`listening to ${SET}`));
      const pid = debian.read('/run/vallumd.pid').trim();
      // The program that runs is the new one, and not what was upgraded away below it.
      expect(await debian.exec('readlink', `/proc/${pid}/exe`)).toBe('/usr/bin/node\n');
      expect(await missing()).toEqual([]);
      expect(await held('192.0.2.77')).toBe(true);
      expect(await held('192.0.2.250')).toBe(false);
      const leases = (text: string) => text.split('\n').filter((line) => line.includes(' ban '));
      expect(leases(await journal())).toEqual(leases(before));
      expect(syslog.output()).not.toContain('driving the program');
    }, 60_000);

    it('bans and unbans as before', async () => {
      await publish(SET, '192.0.2.88');
      await waitFor(() => held('192.0.2.88'), { what: 'the ban' });
      for (const address of kept) await publish(`${SET}/del`, address);
      await waitFor(async () => (await missing()).length === kept.length, { what: 'the unbans' });
      await debian.exec('dpkg', '--purge', 'vallumd');
      expect(await held('192.0.2.88')).toBe(true);
      await ownNamespace.exec('ipset', ['destroy', SET]);
    }, 60_000);
  },
);

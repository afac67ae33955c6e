import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { suiteNeeding, waitFor, type RunningProcess } from '@vallum/test-kit';
import { unpackDebian, type Debian } from './debian.js';
import { deb, packageVersion } from './prepared.js';
import { startSyslog } from './syslog.js';

const PORT = '18830';

const DESTROY_SETS = 'for set in $(ipset list -n | grep ^guests13); do ipset destroy $set; done';

/** Each with what shows its sets, and what takes them away. */
const backends = [
  { backend: 'ipset', list: 'ipset list', clear: DESTROY_SETS },
  { backend: 'ipset-process', list: 'ipset list', clear: DESTROY_SETS },
  { backend: 'nftables', list: 'nft list ruleset', clear: 'nft flush ruleset' },
  { backend: 'nftables-process', list: 'nft list ruleset', clear: 'nft flush ruleset' },
] as const;

suiteNeeding(
  ['dpkg', 'debootstrap', 'namespace', 'ipset', 'nft', 'python3'],
  'the packages in Debian 13, with its own Node, tools, broker and fail2ban',
  () => {
    let debian: Debian;
    let syslog: RunningProcess;

    const shell = (script: string) => debian.exec('sh', '-c', script);
    const publish = (...args: string[]) => debian.exec('vallum-pub', ...args);
    const configure = (lines: readonly string[]) => {
      debian.write(
        '/etc/vallum/vallumd.yaml',
        ['host: 127.0.0.1', `port: ${PORT}`, ...lines, ''].join('\n'),
      );
    };

    beforeAll(async () => {
      debian = await unpackDebian({ name: 'trixie-amd64' });
      for (const name of ['vallumd', 'vallum-pub'] as const) {
        copyFileSync(deb(name, 'amd64'), join(debian.folder, 'tmp', `${name}.deb`));
      }
      syslog = await startSyslog(debian);
      debian.write('/tmp/mosquitto.conf', `user root\nlistener ${PORT}\nallow_anonymous true\n`);
      const broker = await debian.start('mosquitto', '-c', '/tmp/mosquitto.conf', '-v');
      await broker.waitForOutput(/mosquitto version 2\.0\.2\d running/);
    }, 120_000);

    it('meet what new machines run', async () => {
      const versions = {
        node: await debian.exec('node', '--version'),
        nft: await debian.exec('nft', '--version'),
        ipset: await debian.exec('ipset', '--version'),
        fail2ban: await debian.exec('fail2ban-client', '--version'),
        systemd: await debian.exec('systemctl', '--version'),
      };
      expect(versions).toEqual({
        node: expect.stringMatching(/^v20\.19\./),
        nft: expect.stringMatching(/ v1\.1\.\d/),
        ipset: expect.stringMatching(/ v7\.2\d/),
        fail2ban: expect.stringMatching(/v1\.1\./),
        systemd: expect.stringMatching(/^systemd 257/),
      });
    });

    it('are installed by apt, with what Debian has', async () => {
      const packages = ['/tmp/vallumd.deb', '/tmp/vallum-pub.deb'];
      const said = await debian.exec('apt-get', 'install', '-y', ...packages);
      expect(said).toContain('vallumd is not started');
      expect(await debian.exec('vallumd', '-V')).toBe(`vallumd-${packageVersion}\n`);
      expect(await debian.exec('dpkg', '--audit')).toBe('');
      debian.write('/etc/vallum/vallum-pub.yaml', `port: ${PORT}\nset: guests13\n`);
    }, 60_000);

    it.each(backends)(
      'ban and unban with the backend $backend, in the kernel',
      async ({ backend, list, clear }) => {
        // Run as root: what it keeps is not for the service, which is somebody else.
        const state = `state-dir: /tmp/${backend}`;
        configure(['topics: [guests13]', `backend: ${backend}`, 'create: true', state]);
        const holds = async (address: string) =>
          new RegExp(`(?<![\\d.:])${address}(?![\\d/])`).test(await shell(list));
        const start = async () => {
          const vallumd = await debian.start('vallumd');
          await vallumd.waitForOutput(/listening to guests13/);
          return vallumd;
        };
        const first = await start();
        // Over netlink unless the backend is the one that drives the program.
        expect(first.output()).not.toContain('driving the program');
        await publish('add', '192.0.2.1', '2001:db8::7', '198.51.100.0/24', '--timeout', '1h');
        for (const address of ['192.0.2.1', '2001:db8::7', '198.51.100.0/24']) {
          await waitFor(() => holds(address), { what: `${address} in the set` });
        }
        await publish('del', '192.0.2.1');
        await waitFor(async () => !(await holds('192.0.2.1')), { what: 'the unban' });
        await first.kill();
        expect([await holds('2001:db8::7'), await holds('198.51.100.0/24')]).toEqual([true, true]);

        // A new one takes the set as it is.
        const second = await start();
        await publish('add', '192.0.2.2');
        await waitFor(() => holds('192.0.2.2'), { what: 'the ban' });
        expect(second.output()).not.toMatch(/error/i);
        await publish('del', '192.0.2.2', '2001:db8::7', '198.51.100.0/24');
        await waitFor(async () => !(await holds('2001:db8::7')), { what: 'the unban' });
        await second.kill();
        await shell(clear);
      },
      60_000,
    );

    it('run as a service of init.d, as a user who may edit sets', async () => {
      configure(['topics: [guests13]', 'create: true']);
      syslog.clearOutput();
      await debian.exec('/etc/init.d/vallumd', 'start');
      await syslog.waitForOutput(/vallumd\[\d+\]: listening to guests13/);
      const pid = debian.read('/run/vallumd.pid').trim();
      expect(await debian.exec('cat', `/proc/${pid}/status`)).toMatch(
        /^CapEff:\t0000000000001000$/m,
      );
      expect(await debian.exec('cat', `/proc/${pid}/maps`)).toContain('koffi.node');
    }, 60_000);

    it("ban from fail2ban's jail", async () => {
      const inSet = async () =>
        (await debian.run('ipset', 'test', 'guests13', '192.0.2.3')).code === 0;
      debian.write('/tmp/attacks.log', '');
      debian.write(
        '/etc/fail2ban/filter.d/probe.conf',
        '[Definition]\nfailregex = ^ probe: bad guest <ADDR>$\n',
      );
      debian.write(
        '/etc/fail2ban/jail.d/defaults-debian.conf',
        '[probe]\nenabled = true\nfilter = probe\nbackend = polling\nlogpath = /tmp/attacks.log\n' +
          'action = vallumd[set=guests13, origin="web1.<name>"]\n',
      );
      await debian.start('fail2ban-server', '-f', '--logtarget', 'STDOUT', 'start');
      await waitFor(
        async () => (await debian.run('fail2ban-client', 'status', 'probe')).code === 0,
        { timeoutMs: 20_000, what: 'the jail' },
      );
      await debian.exec('fail2ban-client', 'set', 'probe', 'banip', '192.0.2.3');
      await waitFor(inSet, { timeoutMs: 15_000, what: 'the ban of fail2ban' });
      await waitFor(
        async () => /192\.0\.2\.3 .*web1\.probe/.test(await debian.exec('vallumd', 'journal')),
        { what: 'the lease in the journal' },
      );
      await debian.exec('fail2ban-client', 'set', 'probe', 'unbanip', '192.0.2.3');
      await waitFor(async () => !(await inSet()), { timeoutMs: 15_000, what: 'the unban' });
      await debian.run('fail2ban-client', 'stop');
    }, 60_000);

    it('are purged, and leave the sets', async () => {
      await publish('add', '192.0.2.5');
      await waitFor(
        async () => (await debian.run('ipset', 'test', 'guests13', '192.0.2.5')).code === 0,
        { what: 'the ban' },
      );
      await debian.exec('apt-get', 'purge', '-y', 'vallumd', 'vallum-pub');
      expect((await debian.run('test', '-e', '/etc/vallum')).code).toBe(1);
      expect((await debian.run('getent', 'passwd', 'vallum')).code).toBe(2);
      await debian.exec('ipset', 'test', 'guests13', '192.0.2.5');
      await debian.exec('ipset', 'destroy', 'guests13');
      await debian.exec('ipset', 'destroy', 'guests136');
    }, 60_000);
  },
);

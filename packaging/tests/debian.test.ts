import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import {
  mustRun,
  ownNamespace,
  runProcess,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { unpackDebian, type Debian } from './debian.js';
import { deb, packageVersion } from './prepared.js';
import { startSyslog } from './syslog.js';

async function inSet(address: string): Promise<boolean> {
  return (await runProcess('ipset', ['test', 'blacklist', address])).code === 0;
}

async function pidOf(debian: Debian): Promise<string> {
  const { stdout } = await debian.run('cat', '/run/vallumd.pid');
  return stdout.trim();
}

suiteNeeding(
  ['dpkg', 'debootstrap', 'namespace', 'ipset', 'mosquitto', 'mosquitto-clients', 'python3'],
  "the packages in Debian 12, with Debian's own Node",
  () => {
    let debian: Debian;
    let broker: Mosquitto;
    let before: string[];
    let syslog: RunningProcess;

    const publish = (topic: string, message: string) =>
      mustRun('mosquitto_pub', [
        '-p',
        broker.port.toString(),
        '-q',
        '2',
        '-t',
        topic,
        '-m',
        message,
      ]);

    /** What V8 made of vallum-pub, and the first run as root wrote beside it. */
    const caches = async () =>
      (await debian.exec('find', '/usr/lib/vallum/vallum-pub', '-name', '*.cache*'))
        .split('\n')
        .filter((line) => line !== '');

    beforeAll(async () => {
      debian = await unpackDebian();
      broker = await startMosquitto();
      for (const name of ['vallumd', 'vallum-pub'] as const) {
        copyFileSync(deb(name, 'amd64'), join(debian.folder, 'tmp', `${name}.deb`));
      }
      syslog = await startSyslog(debian);
      await mustRun('ipset', ['create', 'blacklist', 'hash:net', 'timeout', '0']);
      before = await debian.files();
    }, 120_000);

    it('find the Node that they depend on', async () => {
      expect(await debian.exec('node', '--version')).toMatch(/^v18\./);
    });

    it('are installed, and wait to be configured', async () => {
      const said = await debian.exec('dpkg', '-i', '/tmp/vallumd.deb', '/tmp/vallum-pub.deb');
      expect(said).toContain('vallumd is not started: name a broker and topics');
      expect(await debian.exec('vallumd', '-V')).toBe(`vallumd-${packageVersion}\n`);
      expect(await debian.exec('vallumd', '--help')).toContain('Usage: vallumd -h HOST');
      expect(await debian.exec('vallum-pub', '--help')).toContain('vallum-pub add ADDRESS');
      expect(await debian.exec('stat', '-c', '%U:%G %a', '/etc/vallum/vallumd.yaml')).toBe(
        'root:vallum 640\n',
      );
      expect(await debian.exec('stat', '-c', '%U:%G %a', '/etc/vallum/vallum-pub.yaml')).toBe(
        'root:vallum-pub 640\n',
      );
      expect(await debian.exec('getent', 'passwd', 'vallum')).toMatch(/:\/usr\/sbin\/nologin\n$/);
      // As at the next boot.
      const wants = '/etc/systemd/system/multi-user.target.wants/vallumd.service';
      expect(await debian.exec('readlink', wants)).toBe('/lib/systemd/system/vallumd.service\n');
    }, 60_000);

    it('start as a user who may edit sets and nothing else, and ban', async () => {
      debian.write(
        '/etc/vallum/vallumd.yaml',
        `host: 127.0.0.1\nport: ${broker.port.toString()}\ntopics: [blacklist]\n`,
      );
      debian.write(
        '/etc/vallum/vallum-pub.yaml',
        `port: ${broker.port.toString()}\nset: blacklist\n`,
      );
      await debian.exec('/etc/init.d/vallumd', 'start');
      await syslog.waitForOutput(/vallumd\[\d+\]: listening to blacklist/, { timeoutMs: 20_000 });
      const status = await debian.exec('cat', `/proc/${await pidOf(debian)}/status`);
      const [, uid] = /^Uid:\t(\d+)/m.exec(status) ?? [];
      expect(await debian.exec('id', '-u', 'vallum')).toBe(`${uid ?? ''}\n`);
      // CAP_NET_ADMIN is bit 12 (linux/capability.h).
      expect(status).toMatch(/^CapEff:\t0000000000001000$/m);
      expect(status).toMatch(/^CapBnd:\t0000000000001000$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);

      await publish('blacklist', '192.0.2.1');
      await waitFor(() => inSet('192.0.2.1'), { what: 'the ban of mosquitto_pub' });
      await debian.exec('vallum-pub', 'add', '192.0.2.2');
      await waitFor(() => inSet('192.0.2.2'), { what: 'the ban of vallum-pub' });
      expect(await caches()).toHaveLength(1);
      await syslog.waitForOutput(
        /^<30>\w{3} [ \d]\d [\d:]{8} vallumd\[\d+\]: banned 192\.0\.2\.1 /m,
      );
      // It would say that it drives the program ipset.
      expect(syslog.output()).not.toContain('driving the program');
      expect(await debian.exec('cat', `/proc/${await pidOf(debian)}/maps`)).toContain('koffi.node');
      expect(await debian.exec('vallumd', 'status')).toContain('blacklist');
    }, 60_000);

    it('bring what vallum-pub loads only when asked: doctor, WebSockets', async () => {
      expect(await debian.exec('vallum-pub', 'doctor', '-v')).toContain('blacklist/add: allowed');
      const websockets = await startMosquitto({ websockets: true });
      debian.write('/tmp/websockets.yaml', `url: ${websockets.url}\nset: blacklist\n`);
      expect(
        // Nobody listens there.
        await debian.exec(
          ...['vallum-pub', 'add', '192.0.2.4', '--qos', '0', '--config', '/tmp/websockets.yaml'],
        ),
      ).toContain('sent 1 ban');
      await websockets.stop();
    }, 60_000);

    it('reload at SIGHUP, and keep what they have when the file has a mistake', async () => {
      const good = debian.read('/etc/vallum/vallumd.yaml');
      debian.write('/etc/vallum/vallumd.yaml', 'topics: [');
      await debian.exec('/etc/init.d/vallumd', 'reload');
      await syslog.waitForOutput(/<27>.* the configuration was not reloaded, the old one stays/);
      const pid = await pidOf(debian);
      expect((await debian.run('/etc/init.d/vallumd', 'restart')).code).toBe(1);
      expect(await pidOf(debian)).toBe(pid);
      debian.write('/etc/vallum/vallumd.yaml', good);
      await debian.exec('/etc/init.d/vallumd', 'reload');
      await syslog.waitForOutput(/configuration reloaded/);
    }, 60_000);

    it("ban from fail2ban's jail", async () => {
      debian.write('/tmp/attacks.log', '');
      debian.write(
        '/etc/fail2ban/filter.d/probe.conf',
        '[Definition]\nfailregex = ^ probe: bad guest <ADDR>$\n',
      );
      debian.write(
        '/etc/fail2ban/jail.d/defaults-debian.conf',
        '[probe]\nenabled = true\nfilter = probe\nbackend = polling\nlogpath = /tmp/attacks.log\n' +
          'action = vallumd[set=blacklist, origin="web1.<name>"]\n',
      );
      const server = await debian.start('fail2ban-server', '-f', '--logtarget', 'STDOUT', 'start');
      await waitFor(
        async () => (await debian.run('fail2ban-client', 'status', 'probe')).code === 0,
        {
          timeoutMs: 20_000,
          what: 'the jail',
        },
      );
      await debian.exec('fail2ban-client', 'set', 'probe', 'banip', '192.0.2.3');
      await waitFor(() => inSet('192.0.2.3'), { timeoutMs: 15_000, what: 'the ban of fail2ban' });
      await debian.exec('fail2ban-client', 'set', 'probe', 'unbanip', '192.0.2.3');
      await waitFor(async () => !(await inSet('192.0.2.3')), {
        timeoutMs: 15_000,
        what: 'the unban',
      });
      await debian.run('fail2ban-client', 'stop');
      await server.kill();
      await debian.exec(
        'sh',
        '-c',
        'rm -rf /etc/fail2ban/filter.d/probe.conf /var/lib/fail2ban/* /run/fail2ban/*',
      );
    }, 60_000);

    it('are upgraded: a new process, the same file, not a ban lost', async () => {
      const pid = await pidOf(debian);
      const folder = temporaryFolder();
      await mustRun('dpkg-deb', ['-R', deb('vallumd', 'amd64'), folder]);
      await mustRun('sed', ['-i', 's/^Version: .*/Version: 99.0/', join(folder, 'DEBIAN/control')]);
      await mustRun('dpkg-deb', [
        '--root-owner-group',
        '-b',
        folder,
        join(debian.folder, 'tmp/new.deb'),
      ]);
      syslog.clearOutput();
      await debian.exec('dpkg', '-i', '/tmp/new.deb');
      expect(await debian.exec('dpkg-query', '-f', '${Version}', '-W', 'vallumd')).toBe('99.0');
      await syslog.waitForOutput(/listening to blacklist/, { timeoutMs: 20_000 });
      expect(await pidOf(debian)).not.toBe(pid);
      expect(debian.read('/etc/vallum/vallumd.yaml')).toContain('topics: [blacklist]');
      expect(await inSet('192.0.2.1')).toBe(true);
    }, 60_000);

    it('are upgraded over a configuration with a mistake: the cause is told, and the old process runs on', async () => {
      const pid = await pidOf(debian);
      const good = debian.read('/etc/vallum/vallumd.yaml');
      debian.write('/etc/vallum/vallumd.yaml', good.replace('topics:', 'topcs:'));
      const said = await debian.exec('dpkg', '-i', '/tmp/new.deb');
      expect(said).toMatch(
        /vallumd is upgraded, but not restarted, since its configuration cannot be used:\n {2}vallumd: there is no key "topcs" in \/etc\/vallum\/vallumd\.yaml line 3; did you mean topics\?\nThe vallumd from before the upgrade runs on/,
      );
      expect(said).toContain(
        'mend that, then\n  vallumd --check-config && service vallumd restart\n',
      );
      expect(await pidOf(debian)).toBe(pid);
      expect(await debian.exec('cat', `/proc/${pid}/comm`)).not.toBe('');
      debian.write('/etc/vallum/vallumd.yaml', good);
    }, 60_000);

    it('are removed: stopped, with configuration and sets as they were', async () => {
      expect(await caches()).toHaveLength(1);
      expect(await debian.exec('vallumd', 'journal')).toContain('ban blacklist 192.0.2.1');
      const said = await debian.exec('dpkg', '--remove', 'vallumd', 'vallum-pub');
      expect(said).not.toContain('not empty');
      expect((await debian.run('test', '-e', '/usr/lib/vallum')).code).toBe(1);
      await syslog.waitForOutput(/SIGTERM: stopping; the sets stay as they are/);
      expect((await debian.run('test', '-e', '/run/vallumd.pid')).code).toBe(1);
      expect(debian.read('/etc/vallum/vallumd.yaml')).toContain('topics: [blacklist]');
      expect((await debian.run('test', '-s', '/var/lib/vallum/ledger.journal')).code).toBe(0);
      expect([await inSet('192.0.2.1'), await inSet('192.0.2.2')]).toEqual([true, true]);
    }, 60_000);

    it('are purged one by one: the password that both read stays for the other', async () => {
      debian.write('/etc/vallum/mqtt-password', 'secret\n', 0o600);
      const said = await debian.exec('dpkg', '--purge', 'vallumd');
      expect(said).toMatch(
        /^(\d+) addresses stay blocked .*\n\1 in blacklist\. .*\n {2}ipset flush blacklist$/m,
      );
      expect((await debian.run('test', '-e', '/etc/vallum/vallumd.yaml')).code).toBe(1);
      expect(debian.read('/etc/vallum/mqtt-password')).toBe('secret\n');
    }, 60_000);

    it('are purged both, and leave nothing but the bans', async () => {
      await debian.exec('dpkg', '--purge', 'vallum-pub');
      const after = new Set(await debian.files());
      const known = new Set(before);
      const ours = (line: string) =>
        !/^etc\/fail2ban\/jail\.d\/|\.pyc |__pycache__|^run(\/| )|^var\/lib\/fail2ban/.test(line);
      expect([...after].filter((line) => !known.has(line)).filter(ours)).toEqual([]);
      expect(before.filter((line) => !after.has(line)).filter(ours)).toEqual([]);
      expect((await debian.run('getent', 'passwd', 'vallum')).code).toBe(2);
      expect((await debian.run('getent', 'group', 'vallum-pub')).code).toBe(2);
      expect([await inSet('192.0.2.1'), await inSet('192.0.2.2')]).toEqual([true, true]);
    }, 60_000);

    it('take over from the C vallumd, with the options it was started with', async () => {
      const old = temporaryFolder();
      mkdirSync(join(old, 'DEBIAN'));
      mkdirSync(join(old, 'etc/default'), { recursive: true });
      await mustRun('sh', [
        '-c',
        `cd ${old} && echo /etc/default/vallumd > DEBIAN/conffiles && echo 'VALLUMD_OPTIONS=' > etc/default/vallumd &&
         printf 'Package: vallumd\\nVersion: 0.2.3\\nArchitecture: amd64\\nMaintainer: x <x@x.org>\\nDescription: x\\n' > DEBIAN/control`,
      ]);
      await mustRun('dpkg-deb', [
        '--root-owner-group',
        '-b',
        old,
        join(debian.folder, 'tmp/old.deb'),
      ]);
      await debian.exec('dpkg', '-i', '/tmp/old.deb');
      const edited = `VALLUMD_OPTIONS="-h 127.0.0.1 -p ${broker.port.toString()} -t blacklist"\n`;
      debian.write('/etc/default/vallumd', edited);
      syslog.clearOutput();
      await debian.exec('dpkg', '-i', '/tmp/vallumd.deb');
      expect(debian.read('/etc/default/vallumd')).toBe(edited);
      await syslog.waitForOutput(/listening to blacklist/, { timeoutMs: 20_000 });
      await publish('blacklist/add', '192.0.2.9');
      await waitFor(() => inSet('192.0.2.9'), { what: 'the ban' });
      await debian.exec('dpkg', '--purge', 'vallumd');
      expect((await debian.run('test', '-e', '/etc/default/vallumd')).code).toBe(1);
      await ownNamespace.exec('ipset', ['destroy', 'blacklist']);
    }, 60_000);
  },
);

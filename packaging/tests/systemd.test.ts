import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  mustRun,
  runProcess,
  startMosquitto,
  suiteNeeding,
  waitFor,
  type Mosquitto,
} from '@vallum/test-kit';
import { unpackDebian, type Debian } from './debian.js';
import { deb } from './prepared.js';

const trees = [
  { name: 'bookworm-amd64', set: 'blacklist12' },
  { name: 'trixie-amd64', set: 'blacklist13' },
] as const;

suiteNeeding(
  ['dpkg', 'debootstrap', 'namespace', 'ipset', 'mosquitto', 'mosquitto-clients'],
  'the service, under a systemd of its own',
  () => {
    describe.each(trees)('in $name', ({ name, set }) => {
      let debian: Debian;
      let broker: Mosquitto;
      const systemctl = (...args: string[]) => debian.exec('systemctl', ...args);
      const property = async (name: string) =>
        (await systemctl('show', '-P', name, 'vallumd')).trim();
      const log = () => debian.exec('journalctl', '--no-pager', '-o', 'cat', '-u', 'vallumd');
      const logged = (pattern: RegExp) =>
        waitFor(async () => pattern.test(await log()), {
          timeoutMs: 20_000,
          intervalMs: 200,
          what: `${String(pattern)} in the journal`,
        });

      beforeAll(async () => {
        debian = await unpackDebian({ name, init: 'systemd' });
        broker = await startMosquitto({ users: { fw1: 'open sesame' } });
        copyFileSync(deb('vallumd', 'amd64'), join(debian.folder, 'root/vallumd.deb'));
        await waitFor(
          async () =>
            /running|degraded/.test((await debian.run('systemctl', 'is-system-running')).stdout),
          { timeoutMs: 60_000, intervalMs: 300, what: 'systemd' },
        );
      }, 120_000);

      it('is enabled but not started by the installation, as long as no broker is named', async () => {
        await debian.exec('dpkg', '-i', '/root/vallumd.deb');
        expect((await systemctl('is-enabled', 'vallumd')).trim()).toBe('enabled');
        expect((await debian.run('systemctl', 'is-active', 'vallumd')).stdout).toBe('inactive\n');
      }, 60_000);

      it('starts without set, and takes the password from systemd', async () => {
        const port = broker.port.toString();
        debian.write(
          '/etc/vallum/vallumd.yaml',
          `host: 127.0.0.1\nport: ${port}\nusername: fw1\ntopics: [${set}]\n`,
        );
        debian.write('/etc/vallum/mqtt-password', 'open sesame\n', 0o600);
        await systemctl('start', 'vallumd');
        await logged(new RegExp(`^listening to ${set}`, 'm'));
        // The unit allows netlink.
        expect(await log()).not.toContain('driving the program');
        expect(await property('StatusText')).toContain(`${set} missing`);
        const status = await debian.exec('cat', `/proc/${await property('MainPID')}/status`);
        // CAP_NET_ADMIN is bit 12 (linux/capability.h).
        expect(status).toMatch(/^CapEff:\t0000000000001000$/m);
        expect(status).toMatch(/^CapBnd:\t0000000000001000$/m);
        expect(status).toMatch(/^NoNewPrivs:\t1$/m);
        expect(status).toMatch(/^Seccomp:\t2$/m);
        expect(await debian.exec('stat', '-c', '%U %a', '/var/lib/vallum')).toBe('vallum 700\n');
      }, 60_000);

      it('bans, once there is a set', async () => {
        await mustRun('ipset', ['create', set, 'hash:net', 'timeout', '0']);
        await mustRun('mosquitto_pub', [
          ...['-p', broker.port.toString(), '-u', 'fw1', '-P', 'open sesame', '-q', '1'],
          ...['-t', set, '-m', '192.0.2.1'],
        ]);
        await waitFor(
          async () => (await runProcess('ipset', ['test', set, '192.0.2.1'])).code === 0,
          {
            timeoutMs: 20_000,
            what: 'the ban',
          },
        );
        await waitFor(async () => (await property('StatusText')) === `connected; ${set} 1 ban`, {
          timeoutMs: 20_000,
          intervalMs: 200,
          what: 'the status',
        });
      }, 60_000);

      it('goes on, and says what it lacks, where a unit of ones own forbids netlink', async () => {
        const unit = [
          ...['[Service]', 'Type=notify', 'DynamicUser=yes', 'StateDirectory=sealed'],
          'ExecStart=/usr/sbin/vallumd --keeper --config /etc/vallum/sealed.yaml',
          'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
        ];
        debian.write('/etc/systemd/system/sealed.service', `${unit.join('\n')}\n`);
        debian.write(
          '/etc/vallum/sealed.yaml',
          `host: 127.0.0.1\nport: ${broker.port.toString()}\nusername: fw1\npassword: open sesame\n` +
            `node: sealed\nstate-dir: /var/lib/sealed\ntopics: [${set}]\n`,
        );
        await systemctl('start', 'sealed');
        const said = () => debian.exec('journalctl', '--no-pager', '-o', 'cat', '-u', 'sealed');
        await waitFor(async () => (await said()).includes(`listening to ${set}/#`), {
          ...{ timeoutMs: 20_000, intervalMs: 200, what: 'a keeper that listens' },
        });
        expect(await said()).toMatch(/own addresses to announce: .* has to name AF_NETLINK$/m);
        expect((await systemctl('show', '-P', 'NRestarts', 'sealed')).trim()).toBe('0');
        await systemctl('stop', 'sealed');
      }, 60_000);

      it('has the doctor look, which tells a program and by mail what has changed, once', async () => {
        const hook = (end: string) => {
          const told = '{ echo "$VALLUM_DOCTOR_WAS > $VALLUM_DOCTOR_LEVEL"; cat; } >>/root/told';
          debian.write('/etc/vallum/doctor-hook', `#!/bin/sh\n${told}\n${end}\n`, 0o755);
        };
        const look = () => debian.run('systemctl', 'start', 'vallum-doctor');
        const timesTold = () => (debian.read('/root/told').match(/^\S* > \S+$/gm) ?? []).join('; ');
        hook('exit 0');
        expect((await debian.run('systemctl', 'is-enabled', 'vallum-doctor.timer')).stdout).toBe(
          'disabled\n',
        );
        await systemctl('enable', '--now', 'vallum-doctor.timer');
        expect(await systemctl('list-timers')).toContain('vallum-doctor.timer');
        expect((await look()).code).toBe(0);
        const [first = '', ...more] = debian.read('/root/told').split('\n\n');
        expect(first).toMatch(
          new RegExp(`^ > critical\n[^]*^critical  rules ${set} \\(new\\)$`, 'm'),
        );
        // It sees the rules, the password that systemd handed over, and the daemon that runs.
        const looked = JSON.parse(debian.read('/var/lib/vallum-doctor/found.json')) as {
          readonly findings: readonly { readonly check: string; readonly level: string }[];
        };
        const levelsOf = (check: string) =>
          looked.findings.filter((found) => found.check === check).map(({ level }) => level);
        for (const check of ['daemon', 'credentials', 'secret', 'firewall', 'permission']) {
          expect([check, new Set(levelsOf(check))]).toEqual([check, new Set(['ok'])]);
        }
        expect(levelsOf('rules')).not.toContain('unknown');
        expect(more.join()).toMatch(/^critical {2}rules .*no rule refers to it/m);
        expect((await look()).code).toBe(0);
        expect(timesTold()).toBe(' > critical');

        // Nobody gets it: it is told again, and the unit has failed.
        const rule = ['INPUT', '-m', 'set', '--match-set', set, 'src', '-j', 'DROP'];
        await debian.exec('iptables', '-I', ...rule);
        hook('exit 3');
        expect((await look()).code).toBe(1);
        expect(await systemctl('is-failed', 'vallum-doctor')).toBe('failed\n');
        debian.write('/etc/default/vallumd', 'VALLUM_DOCTOR_OPTIONS="--mail-to root"\n');
        debian.write('/usr/sbin/sendmail', '#!/bin/sh\ncat >/root/mail\n', 0o755);
        expect((await look()).code).toBe(0);
        const mail = debian.read('/root/mail');
        expect(mail).toMatch(
          new RegExp(`^To: root\n[^]*\n\n[^]*^ok +rules ${set} \\(was critical\\)$`, 'm'),
        );
        expect(await debian.exec('journalctl', '--no-pager', '-u', 'vallum-doctor')).toContain(
          `rules ${set} (was critical)`,
        );

        await debian.exec('iptables', '-D', ...rule);
        await systemctl('disable', '--now', 'vallum-doctor.timer');
        await debian.exec(
          'rm',
          '/etc/default/vallumd',
          '/usr/sbin/sendmail',
          '/etc/vallum/doctor-hook',
        );
      }, 60_000);

      it('has its state folder back that somebody has run vallumd in as root', async () => {
        await debian.exec('sh', '-c', 'chown root:root /var/lib/vallum/*');
        await systemctl('restart', 'vallumd');
        await logged(new RegExp(`listening to ${set}`));
        const owners = await debian.exec('sh', '-c', 'stat -c %U /var/lib/vallum/*');
        expect(new Set(owners.trim().split('\n'))).toEqual(new Set(['vallum']));
        expect(await log()).not.toContain('does not outlast a restart of the machine');
      }, 60_000);

      it('reloads', async () => {
        await systemctl('reload', 'vallumd');
        await logged(/configuration reloaded/);
        await waitFor(async () => (await property('ActiveState')) === 'active', {
          what: 'its end',
        });
      }, 60_000);

      it('is started again by the watchdog when it hangs, and keeps its bans', async () => {
        debian.write(
          '/etc/systemd/system/vallumd.service.d/hasty.conf',
          '[Service]\nWatchdogSec=3\n',
        );
        await systemctl('daemon-reload');
        await systemctl('restart', 'vallumd');
        const pid = await property('MainPID');
        // Longer than the watchdog waits: it is fed.
        await new Promise((resolve) => setTimeout(resolve, 5_000));
        expect(await property('MainPID')).toBe(pid);
        await debian.exec('sh', '-c', `kill -STOP ${pid}`);
        await waitFor(async () => ![pid, '0'].includes(await property('MainPID')), {
          timeoutMs: 20_000,
          intervalMs: 300,
          what: 'another process',
        });
        await logged(/Watchdog timeout/);
        expect((await runProcess('ipset', ['test', set, '192.0.2.1'])).code).toBe(0);
      }, 60_000);

      it('starts without a password file, and says at once what it cannot use', async () => {
        await debian.exec('rm', '/etc/vallum/mqtt-password');
        debian.write('/etc/vallum/vallumd.yaml', `host: 127.0.0.1\nport: 1\ntopics: [${set}]\n`);
        await systemctl('restart', 'vallumd');
        expect(await property('ActiveState')).toBe('active');
        debian.write('/etc/vallum/vallumd.yaml', 'topics: [');
        expect((await debian.run('systemctl', 'restart', 'vallumd')).code).toBe(1);
        // Nobody is served by trying that again.
        expect([await property('ActiveState'), await property('NRestarts')]).toEqual([
          'failed',
          '0',
        ]);
      }, 60_000);

      it('has its rules put back whenever a firewall or Docker starts, restarts or reloads', async () => {
        const jump = '-m comment --comment vallum -j VALLUM';
        const chain = (name: string) => debian.exec('iptables', '-S', name);
        const isIdle = () =>
          waitFor(async () => (await systemctl('list-jobs')).startsWith('No jobs'), {
            ...{ timeoutMs: 20_000, intervalMs: 200, what: 'the end of what was asked for' },
          });
        const isFirst = (name: string) =>
          waitFor(async () => (await chain(name)).includes(`-A ${name} ${jump}`), {
            ...{ timeoutMs: 20_000, intervalMs: 300, what: `the rule in ${name}` },
          });
        // What these do to the rules of others, and no more.
        const service = (start: string) =>
          `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=${start}\nExecReload=${start}\n`;
        debian.write('/etc/systemd/system/nftables.service', service('/usr/sbin/iptables -F'));
        const docker = '/sbin/iptables -N DOCKER-USER; /sbin/iptables -I FORWARD -j DOCKER-USER';
        debian.write('/etc/systemd/system/docker.service', service(`/bin/sh -c "${docker}"`));
        debian.write(
          '/etc/vallum/after-setup',
          '#!/bin/sh\niptables -I VALLUM -s 203.0.113.9 -j RETURN\n',
          0o755,
        );
        debian.write('/etc/vallum/vallumd.yaml', `host: 127.0.0.1\nport: 1\ntopics: [${set}]\n`);
        await systemctl('enable', '--now', 'vallum-setup');
        await isFirst('INPUT');
        expect(await chain('VALLUM')).toMatch(new RegExp(`RETURN\\n.*--match-set ${set} src`));
        expect(debian.read('/etc/vallum/vallumd.yaml')).toContain('\nbackend: ipset\n');
        await systemctl('start', 'docker');
        await isFirst('DOCKER-USER');
        // What starts while the rules are being put back is taken for the same.
        await isIdle();
        for (const verb of ['start', 'restart', 'reload']) {
          if (verb !== 'start') await debian.exec('iptables', '-F');
          await systemctl(verb, 'nftables');
          await isFirst('INPUT');
          await isFirst('FORWARD');
          await isIdle();
        }
        expect((await systemctl('is-failed', 'vallum-setup').catch(() => 'no')).trim()).not.toBe(
          'failed',
        );
        await isIdle();
        await debian.exec('iptables', '-F', 'VALLUM');
        await debian.exec('vallumd', 'setup', '--remove', '--apply');
        expect(await debian.exec('iptables-save')).not.toContain('VALLUM');
        await debian.exec('iptables', '-F');
        await debian.exec('iptables', '-X', 'DOCKER-USER');
      }, 120_000);

      it('is gone after a purge', async () => {
        await debian.exec('dpkg', '--purge', 'vallumd');
        expect((await debian.run('systemctl', 'cat', 'vallumd.service')).code).toBe(1);
        expect(await debian.exec('find', '/etc/systemd', '-name', 'vallum-*')).toBe('');
        expect(await debian.exec('find', '/var/lib', '-name', 'vallum*')).toBe('');
        await mustRun('ipset', ['destroy', set]);
      }, 60_000);
    });
  },
);

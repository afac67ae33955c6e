import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  startMosquitto,
  startProcess,
  suiteNeeding,
  waitFor,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { unpackDebian, type Debian } from './debian.js';
import { deb } from './prepared.js';

const spool = '/var/spool/vallum-pub';

suiteNeeding(
  ['dpkg', 'debootstrap', 'namespace', 'mosquitto', 'mosquitto-clients'],
  'the spool of the package, under a systemd of its own',
  () => {
    describe.each(['bookworm-amd64', 'trixie-amd64'] as const)('in %s', (name) => {
      let debian: Debian;
      let broker: Mosquitto;
      let subscriber: RunningProcess;
      const listen = async () => {
        subscriber = await startProcess('stdbuf', [
          ...['-oL', 'mosquitto_sub', '-V', '5', '-v', '-q', '1', '-t', 'blacklist/#'],
          ...['-u', 'web1', '-P', 'open sesame', '-p', broker.port.toString()],
        ]);
        await waitFor(() => broker.log().includes('Sending SUBACK'), { what: 'the subscription' });
      };
      const waiting = async () =>
        (await debian.exec('find', spool, '-name', '*.msg')).split('\n').filter(Boolean);

      beforeAll(async () => {
        debian = await unpackDebian({ name, init: 'systemd' });
        broker = await startMosquitto({ users: { web1: 'open sesame' } });
        copyFileSync(deb('vallum-pub', 'amd64'), join(debian.folder, 'root/vallum-pub.deb'));
        await waitFor(
          async () =>
            /running|degraded/.test((await debian.run('systemctl', 'is-system-running')).stdout),
          { timeoutMs: 60_000, intervalMs: 300, what: 'systemd' },
        );
        await debian.exec('dpkg', '-i', '/root/vallum-pub.deb');
        debian.write(
          '/etc/vallum/vallum-pub.yaml',
          `host: 127.0.0.1\nport: ${broker.port.toString()}\nset: blacklist\nusername: web1\npassword-file: /etc/vallum/mqtt-password\nwait: 1s\n`,
          0o640,
        );
        // For root alone: the service needs no more than that.
        debian.write('/etc/vallum/mqtt-password', 'open sesame\n', 0o600);
      }, 120_000);

      it('is for root and the group that may ban, and watched from the installation on', async () => {
        expect(await debian.exec('stat', '-c', '%U:%G %a', spool)).toBe('root:vallum-pub 2770\n');
        for (const unit of ['vallum-pub-flush.path', 'vallum-pub-flush.timer']) {
          expect((await debian.exec('systemctl', 'is-enabled', unit)).trim()).toBe('enabled');
          expect((await debian.exec('systemctl', 'is-active', unit)).trim()).toBe('active');
        }
        expect(
          (
            await debian.exec('systemd-analyze', 'verify', '--man=no', 'vallum-pub-flush.service')
          ).trim(),
        ).toBe('');
      }, 60_000);

      it('is delivered by itself once the broker is back, whoever of the group has kept it', async () => {
        await broker.stop();
        expect(await debian.exec('vallum-pub', 'add', '192.0.2.1')).toContain(
          `kept 1 ban in ${spool}`,
        );
        await debian.exec('adduser', '--quiet', '--system', '--ingroup', 'vallum-pub', 'alice');
        // The password of the machine is for root alone here; alice knows it too.
        debian.write('/opt/password', 'open sesame\n');
        const asAlice = ['--reuid', 'alice', '--regid', 'vallum-pub', '--clear-groups'];
        const said = await debian.exec(
          ...['setpriv' as const, ...asAlice],
          ...['vallum-pub', 'add', '192.0.2.2', '--password-file', '/opt/password'],
        );
        expect(said).toContain('kept 1 ban');
        expect(await waiting()).toHaveLength(2);
        await broker.start();
        await listen();
        // The timer comes within the minute.
        for (const address of ['192.0.2.1', '192.0.2.2']) {
          await subscriber.waitForOutput(new RegExp(`${address.replaceAll('.', '\\.')} at \\d+`), {
            timeoutMs: 90_000,
          });
        }
        await waitFor(async () => (await waiting()).length === 0, { what: 'an empty spool' });
      }, 150_000);

      it('is delivered at once where the broker was away for a moment only', async () => {
        await debian.exec('systemctl', 'stop', 'vallum-pub-flush.timer');
        await subscriber.kill();
        await broker.stop();
        await debian.exec('vallum-pub', 'add', '192.0.2.4');
        await broker.start();
        await listen();
        await subscriber.waitForOutput(/192\.0\.2\.4 at \d+/, { timeoutMs: 30_000 });
      }, 60_000);

      it('is refused to those who may not ban', async () => {
        const said = await debian.run(
          ...['setpriv' as const, '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups'],
          ...['vallum-pub', 'add', '192.0.2.5', '-p', '1', '--set', 'x', '--config', '/dev/null'],
        );
        expect(said.code).toBe(69);
        expect(said.stderr).toContain('members of the group vallum-pub may');
      }, 60_000);

      it('is gone after a purge, with its units', async () => {
        await debian.exec('dpkg', '--purge', 'vallum-pub');
        expect((await debian.run('test', '-e', spool)).code).toBe(1);
        expect((await debian.exec('find', '/etc/systemd', '-name', 'vallum-pub*')).trim()).toBe('');
        const { stdout } = await debian.run('systemctl', 'is-active', 'vallum-pub-flush.path');
        expect(stdout.trim()).toBe('inactive');
      }, 60_000);
    });
  },
);

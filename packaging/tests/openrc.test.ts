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
  type RunningProcess,
} from '@vallum/test-kit';
import { unpackDebian, type Debian } from './debian.js';
import { deb } from './prepared.js';
import { startSyslog } from './syslog.js';

/** What the comment in the script promises, and what is newest. */
const trees = [
  { name: 'bookworm-amd64', openrc: '0.45', set: 'openrc12' },
  { name: 'trixie-amd64', openrc: '0.56', set: 'openrc13' },
] as const;

/** The program pgrep is of procps, which a small system may lack. What vallumd has started is passed over. */
const PID_OF_VALLUM = `
uid=$(id -u vallum)
belongs() { grep -q "^Uid:.$uid.$uid" $1 2>/dev/null; }
for status in /proc/[0-9]*/status; do
  belongs $status || continue
  parent=$(sed -n 's/^PPid:[^0-9]*//p' $status 2>/dev/null)
  belongs /proc/$parent/status || basename \${status%/status}
done`;

suiteNeeding(
  ['dpkg', 'debootstrap', 'namespace', 'ipset', 'mosquitto', 'mosquitto-clients', 'python3'],
  'the script for OpenRC',
  () => {
    describe.each(trees)('with OpenRC $openrc', ({ name, openrc, set }) => {
      let debian: Debian;
      let broker: Mosquitto;
      let syslog: RunningProcess;
      const service = (...args: string[]) => debian.run('rc-service', 'vallumd', ...args);
      const banned = async (address: string) =>
        (await runProcess('ipset', ['test', set, address])).code === 0;
      /** OpenRC has a process of its own beside it. */
      const pid = async () => (await debian.run('sh', '-c', PID_OF_VALLUM)).stdout.trim();

      beforeAll(async () => {
        debian = await unpackDebian({ name });
        broker = await startMosquitto();
        await mustRun('ipset', ['create', set, 'hash:net', 'timeout', '0']);
        copyFileSync(deb('vallumd', 'amd64'), join(debian.folder, 'tmp/vallumd.deb'));
        await debian.exec('sh', '-c', 'dpkg -i /opt/beside/*.deb');
        await debian.exec('dpkg', '-i', '/tmp/vallumd.deb');
        const example = debian.read('/usr/share/doc/vallumd/examples/vallumd.openrc');
        debian.write('/etc/init.d/vallumd', example, 0o755);
        // As after a boot: it starts nothing in a system that OpenRC does not run.
        debian.write('/run/openrc/softlevel', '');
        // What ifupdown or a DHCP client brings on a machine.
        const net = '#!/sbin/openrc-run\ndepend() { provide net; }\nstart() { :; }\n';
        debian.write('/etc/init.d/networking', net, 0o755);
        syslog = await startSyslog(debian);
      }, 120_000);

      it('meets the version it is for', async () => {
        expect(await debian.exec('openrc', '--version')).toContain(`OpenRC) ${openrc}`);
      });

      it('refuses to start what is not configured, and says why', async () => {
        const { code, stdout, stderr } = await service('start');
        expect(code).not.toBe(0);
        expect(stdout + stderr).toContain('vallumd: ');
        expect((await service('status')).stdout).toContain('stopped');
        expect(await pid()).toBe('');
      }, 60_000);

      it('starts vallumd as a user who may edit sets, and it bans', async () => {
        const port = broker.port.toString();
        debian.write(
          '/etc/vallum/vallumd.yaml',
          `host: 127.0.0.1\nport: ${port}\ntopics: [${set}]\n`,
        );
        const { code, stdout, stderr } = await service('start');
        expect([code, stdout + stderr]).toEqual([0, expect.stringContaining('Starting')]);
        await syslog.waitForOutput(new RegExp(`vallumd\\[\\d+\\]: listening to ${set}`));
        expect((await service('status')).stdout).toContain('started');
        const status = await debian.exec('cat', `/proc/${await pid()}/status`);
        // CAP_NET_ADMIN is bit 12 (linux/capability.h).
        expect(status).toMatch(/^CapEff:\t0000000000001000$/m);
        expect(status).toMatch(/^CapBnd:\t0000000000001000$/m);
        expect(status).toMatch(/^NoNewPrivs:\t1$/m);
        await mustRun('mosquitto_pub', [...['-p', port, '-q', '1', '-t', set, '-m', '192.0.2.1']]);
        await waitFor(() => banned('192.0.2.1'), { what: 'the ban' });
        expect(await debian.exec('vallumd', 'status')).toContain(set);
      }, 60_000);

      it('reloads it', async () => {
        const before = await pid();
        syslog.clearOutput();
        expect((await service('reload')).code).toBe(0);
        await syslog.waitForOutput(/configuration reloaded/);
        expect(await pid()).toBe(before);
      }, 60_000);

      it('starts it again when it dies, and its bans are there', async () => {
        const before = await pid();
        syslog.clearOutput();
        await debian.exec('sh', '-c', `kill -KILL ${before}`);
        await syslog.waitForOutput(/listening to/);
        expect(await pid()).not.toBe(before);
        expect(await banned('192.0.2.1')).toBe(true);
      }, 60_000);

      it('does not stop for a restart what could not start again', async () => {
        const before = await pid();
        const good = debian.read('/etc/vallum/vallumd.yaml');
        debian.write('/etc/vallum/vallumd.yaml', 'topics: [');
        expect((await service('restart')).code).not.toBe(0);
        expect(await pid()).toBe(before);
        debian.write('/etc/vallum/vallumd.yaml', good);
        syslog.clearOutput();
        expect((await service('restart')).code).toBe(0);
        await syslog.waitForOutput(/listening to/);
        expect(await pid()).not.toBe(before);
      }, 60_000);

      it('stops it, and the bans stay', async () => {
        expect((await service('stop')).code).toBe(0);
        await syslog.waitForOutput(/SIGTERM: stopping; the sets stay as they are/);
        await waitFor(async () => (await pid()) === '', { what: 'its end' });
        expect((await service('status')).stdout).toContain('stopped');
        expect(await banned('192.0.2.1')).toBe(true);
        await mustRun('ipset', ['destroy', set]);
      }, 60_000);
    });
  },
);

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  runProcess,
  startMosquitto,
  startProcess,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { publisher, startFail2ban, type Fail2ban } from './fail2ban.js';

suiteNeeding(
  ['fail2ban', 'mosquitto', 'mosquitto-clients'],
  'vallum-pub import, and a real fail2ban',
  () => {
    let broker: Mosquitto;
    let subscriber: RunningProcess;
    let fail2ban: Fail2ban;

    beforeAll(async () => {
      broker = await startMosquitto();
      subscriber = await startProcess('stdbuf', [
        ...['-oL', 'mosquitto_sub', '-V', '5', '-v', '-q', '1', '-t', '#'],
        ...['-h', '127.0.0.1', '-p', broker.port.toString()],
      ]);
      await waitFor(() => broker.log().includes('Sending SUBACK'), { what: 'the subscription' });
      fail2ban = await startFail2ban({ port: broker.port });
    }, 60_000);
    afterAll(async () => {
      await fail2ban.stop();
    }, 30_000);

    const run = (...args: readonly string[]) =>
      runProcess(
        process.execPath,
        [publisher, 'import', 'fail2ban', '--set', 'blacklist', ...args],
        {
          env: {
            ...{ VALLUM_PORT: broker.port.toString(), NODE_EXTRA_CA_CERTS: undefined },
            // What waits on the tester's machine is not ours.
            VALLUM_SPOOL: 'false',
          },
        },
      );
    const importing = (...args: readonly string[]) =>
      run('--db', fail2ban.database, '--origin', 'web1', ...args);
    /** `192.0.2.7 until 1795420600 origin web1.probe`, of what was published since. */
    const leases = () =>
      [
        ...subscriber
          .stdout()
          .matchAll(/(?:add )?(\S+ until \S+ origin \S+) at \d+ reason "(.+)"$/gm),
      ]
        .map(([, lease = '', reason = '']) => `${lease} ${reason}`)
        .sort();

    it('shares what the action shares, with the same ends, names and reasons, all in one message', async () => {
      await fail2ban.attack('192.0.2.7');
      await subscriber.waitForOutput(/192\.0\.2\.7 /);
      await fail2ban.attack('2001:db8::7');
      await subscriber.waitForOutput(/2001:db8::7 /);
      await fail2ban.client('set', 'probe', 'banip', '192.0.2.8', '192.0.2.9');
      await subscriber.waitForOutput(/192\.0\.2\.9 /);
      await fail2ban.client('set', 'probe', 'unbanip', '192.0.2.9');
      await subscriber.waitForOutput(/del 192\.0\.2\.9 /);
      const byAction = leases().filter((lease) => !lease.startsWith('192.0.2.9 '));
      expect(byAction).toHaveLength(3);

      subscriber.clearOutput();
      const { code, stdout, stderr } = await importing();
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(
        /^sent 3 bans to blacklist\/add, each with its own end \(confirmed by /,
      );
      await waitFor(() => leases().length === 3, { what: 'the imported bans' });
      expect(leases()).toEqual(byAction);
      expect(subscriber.stdout().match(/blacklist\/add/g)).toHaveLength(1);
    }, 60_000);

    it('stamps each with the moment of its ban', async () => {
      const { stdout } = await importing('--dry-run', '--json');
      const [message = ''] = stdout.split('\n');
      const { payload } = JSON.parse(message) as { payload: string };
      for (const [, until, at] of payload.matchAll(/until (\d+) .* at (\d+)/g)) {
        expect(Number(at)).toBe(1000 * (Number(until) - 600));
      }
    }, 20_000);

    it('names what it would import from with a wrong jail, and sends nothing', async () => {
      const result = await importing('--jail', 'prob');
      expect(result).toMatchObject({ code: 66, stdout: '' });
      expect(result.stderr).toContain('no jail "prob" that is enabled; it has "probe"');
    }, 20_000);

    it('calls this host what fail2ban calls it, where no other word is given', async () => {
      const { stdout } = await run('--db', fail2ban.database, '--dry-run');
      const [, host] = / origin (\S+)\.probe at /.exec(stdout) ?? [];
      const asked = [
        '-c',
        'from fail2ban.server.ipdns import DNSUtils as d; print(d.getHostname())',
      ];
      const expected = (await runProcess('/usr/bin/python3', asked)).stdout.trim();
      expect(host).toBe(expected);
    }, 20_000);

    it('says so where fail2ban is stopped, and works again once it runs', async () => {
      await fail2ban.stop();
      expect(await importing()).toMatchObject({
        code: 66,
        stdout: '',
        stderr: expect.stringContaining('start it, and try again'),
      });
      await fail2ban.start();
      expect(await importing()).toMatchObject({ code: 0 });
    }, 60_000);

    it('says what is wrong with a database that is none, or not there', async () => {
      const file = join(temporaryFolder(), 'it"s ? #odd.sqlite3');
      expect(await run('--db', file)).toMatchObject({
        code: 66,
        stderr: expect.stringContaining('does not exist here'),
      });
      await writeFile(file, 'no database at all, and long enough to be looked at'.repeat(20));
      expect(await run('--db', file)).toMatchObject({
        code: 66,
        stderr: expect.stringContaining('file is not a database'),
      });
    }, 20_000);
  },
);

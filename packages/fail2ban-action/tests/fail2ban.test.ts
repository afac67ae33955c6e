import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  startMosquitto,
  startProcess,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { startFail2ban, type Fail2ban } from './fail2ban.js';

suiteNeeding(['fail2ban', 'mosquitto', 'mosquitto-clients'], 'a real fail2ban', () => {
  let broker: Mosquitto;
  let subscriber: RunningProcess;

  beforeAll(async () => {
    broker = await startMosquitto();
    subscriber = await subscribe(broker);
  }, 30_000);

  /** `blacklist/add 192.0.2.7 until 1795420600 origin web1.probe at 1795420000250 reason "fail2ban probe"` */
  const said = async (pattern: RegExp): Promise<RegExpMatchArray> =>
    subscriber.waitForOutput(pattern, { timeoutMs: 15_000 });

  describe('with bans of ten minutes', () => {
    let fail2ban: Fail2ban;
    let end: string;

    beforeAll(async () => {
      fail2ban = await startFail2ban({ port: broker.port });
    }, 30_000);
    afterAll(async () => {
      await fail2ban.stop();
    }, 30_000);

    it('shares what its filter finds in a log, with the end of the ban', async () => {
      const before = Math.floor(Date.now() / 1000);
      await fail2ban.attack('192.0.2.7');
      const [, until = ''] = await said(
        /^blacklist\/add 192\.0\.2\.7 until (\d+) origin web1\.probe at \d{13} reason "fail2ban probe"$/m,
      );
      end = until;
      expect(Number(until)).toBeGreaterThanOrEqual(before + 599);
      expect(Number(until)).toBeLessThanOrEqual(before + 615);
    }, 30_000);

    it('shares IPv6 in the same way', async () => {
      await fail2ban.attack('2001:DB8::7');
      await expect(said(/^blacklist\/add 2001:db8::7 until \d+ /m)).resolves.toBeDefined();
    }, 30_000);

    it('says nothing when it stops, and keeps the original end over its restart', async () => {
      subscriber.clearOutput();
      await fail2ban.stop();
      expect(subscriber.stdout()).toBe('');
      await fail2ban.start();
      const [, until] = await said(/^blacklist\/add 192\.0\.2\.7 until (\d+) /m);
      expect(until).toBe(end);
      // In the same message.
      await said(/^2001:db8::7 until \d+ /m);
    }, 60_000);

    it('unbans in its own name what it restored', async () => {
      // Its own list is behind what it has already told: until then it would unban nothing.
      const isBanned = async () =>
        (await fail2ban.client('get', 'probe', 'banip')).includes('192.0.2.7');
      await waitFor(isBanned, { what: 'fail2ban to have its ban back' });
      const unbanned = await fail2ban.client('set', 'probe', 'unbanip', '192.0.2.7');
      expect(unbanned.trim()).toBe('1');
      await expect(
        said(/^blacklist\/del 192\.0\.2\.7 origin web1\.probe at \d{13}$/m),
      ).resolves.toBeDefined();
    }, 30_000);

    it('unbans nobody elsewhere when all are unbanned here', async () => {
      subscriber.clearOutput();
      await fail2ban.client('unban', '--all');
      expect(fail2ban.log()).toContain('Flush ticket(s) with vallumd');
      expect(subscriber.stdout()).toBe('');
    }, 30_000);
  });

  it('shares a ban for ever', async () => {
    const fail2ban = await startFail2ban({ port: broker.port, defaults: ['bantime = -1'] });
    await fail2ban.client('set', 'probe', 'banip', '192.0.2.8');
    await expect(said(/^blacklist\/add 192\.0\.2\.8 until never /m)).resolves.toBeDefined();
    await fail2ban.stop();
  }, 60_000);

  it('sends the later end of a ban that bantime.increment has made longer', async () => {
    const fail2ban = await startFail2ban({
      port: broker.port,
      defaults: ['bantime = 4', 'bantime.increment = true', 'bantime.multipliers = 1 2'],
    });
    await fail2ban.attack('192.0.2.9');
    await said(/^blacklist\/add 192\.0\.2\.9 /m);
    await said(/^blacklist\/del 192\.0\.2\.9 /m);
    subscriber.clearOutput();
    const before = Math.floor(Date.now() / 1000);
    await fail2ban.attack('192.0.2.9');
    const ends = await waitFor(
      () => {
        const found = [...subscriber.stdout().matchAll(/add 192\.0\.2\.9 until (\d+) /g)];
        const last = found.map(([, until]) => Number(until) - before).at(-1);
        return last !== undefined && last >= 7 && last;
      },
      { timeoutMs: 15_000, what: 'the longer end' },
    );
    expect(ends).toBeLessThanOrEqual(12);
    await fail2ban.stop();
  }, 60_000);

  it('loses nothing while the broker is away, holds up the jail for one --wait a ban, and delivers in order', async () => {
    const own = await startMosquitto();
    const fail2ban = await startFail2ban({ port: own.port, action: 'wait="1s"' });
    await own.stop();
    await fail2ban.client('set', 'probe', 'banip', '192.0.2.10', '192.0.2.11', '192.0.2.12');
    // The start of the jail may import the first one too: it comes before or after the ban.
    const kept = () => [...new Set(spooled(fail2ban.spool))];
    const isKept = (what: string) =>
      waitFor(() => kept().includes(what), { timeoutMs: 30_000, what: `${what} in the spool` });
    await isKept('add 192.0.2.12');
    await fail2ban.client('set', 'probe', 'unbanip', '192.0.2.11');
    await isKept('del 192.0.2.11');
    // An action that has failed would be run once more.
    expect(fail2ban.log()).not.toContain('Failed to execute');
    expect(kept()).toEqual([
      'add 192.0.2.10',
      'add 192.0.2.11',
      'add 192.0.2.12',
      'del 192.0.2.11',
    ]);

    await own.start();
    const late = await subscribe(own);
    // The next one takes along what waits.
    await fail2ban.client('set', 'probe', 'banip', '192.0.2.13');
    await late.waitForOutput(/del 192\.0\.2\.11 /, { timeoutMs: 15_000 });
    for (const last of [10, 11, 12, 13]) {
      expect(late.stdout()).toMatch(
        new RegExp(`192\\.0\\.2\\.${last.toString()} until \\d+ origin web1`),
      );
    }
    await waitFor(() => kept().length === 0, { what: 'an empty spool' });
    await fail2ban.stop();
  }, 120_000);

  it('shares all that it restores as one list, and starts no process of Node for each', async () => {
    const trace = join(temporaryFolder(), 'trace');
    const under = ['strace', '-f', '-qq', '-e', 'trace=execve', '-s', '500', '-o', trace];
    const fail2ban = await startFail2ban({ port: broker.port });
    const many = Array.from({ length: 200 }, (_, at) => `198.51.100.${at.toString()}`);
    await fail2ban.stop();
    holdBans(fail2ban.database, many);
    subscriber.clearOutput();
    await fail2ban.start(under);
    await said(/198\.51\.100\.199 until/);
    await waitFor(() => fail2ban.log().split('Restore Ban').length > 200, {
      ...{ timeoutMs: 60_000, intervalMs: 200, what: 'the end of the restoring' },
    });
    await fail2ban.client('set', 'probe', 'unbanip', '198.51.100.7');
    await said(/^blacklist\/del 198\.51\.100\.7 origin web1\.probe at \d{13}$/m);
    await fail2ban.stop();
    expect(subscriber.stdout().match(/^blacklist\/add/gm)).toHaveLength(1);
    const runs = readFileSync(trace, 'utf8').match(/execve\("[^"]*node", \[[^\]]*vallum-pub\.js/g);
    // The check, the import, and the unban.
    expect(runs).toHaveLength(3);
  }, 120_000);

  it('says at the start of the jail that the action cannot work', async () => {
    const fail2ban = await startFail2ban({ port: broker.port, action: 'set="-x"' });
    await waitFor(() => fail2ban.log().includes("Failed to start jail 'probe'"), {
      timeoutMs: 10_000,
      what: 'the complaint',
    });
    expect(fail2ban.log()).toContain('--set is "-x"');
    expect(subscriber.stdout()).not.toContain('192.0.2.1 ');
    await fail2ban.stop();
  }, 60_000);
});

/** `add 192.0.2.7` of each file, oldest first. */
function spooled(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.msg'));
  return names.sort().map((name) => {
    const [, head = '', payload = ''] = readFileSync(join(folder, name), 'utf8').split('\n');
    const { topic } = JSON.parse(head) as { topic: string };
    return `${topic.replace(/.*\//, '')} ${payload.replace(/ .*/, '')}`;
  });
}

/** Bans of ten minutes, as fail2ban itself writes them. */
function holdBans(database: string, addresses: readonly string[]): void {
  const script = `
import json, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
for ip in json.loads(sys.argv[2]):
    db.execute("INSERT OR REPLACE INTO bips(ip, jail, timeofban, bantime, bancount, data) VALUES (?, 'probe', ?, 600, 1, '{}')", (ip, int(time.time())))
db.commit()
`;
  execFileSync('python3', ['-c', script, database, JSON.stringify(addresses)]);
}

async function subscribe(broker: Mosquitto): Promise<RunningProcess> {
  // Into a pipe it would print when its buffer is full.
  const subscriber = await startProcess('stdbuf', [
    ...['-oL', 'mosquitto_sub', '-V', '5', '-v', '-q', '2', '-t', '#'],
    ...['-h', '127.0.0.1', '-p', broker.port.toString()],
  ]);
  await waitFor(() => broker.log().includes('Sending SUBACK'), { what: 'the subscription' });
  return subscriber;
}

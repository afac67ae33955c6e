import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  freePort,
  startMosquitto,
  startProcess,
  suiteNeeding,
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
      await said(/^blacklist\/add 2001:db8::7 until \d+ /m);
    }, 60_000);

    it('unbans in its own name what it restored', async () => {
      await fail2ban.client('set', 'probe', 'unbanip', '192.0.2.7');
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

  it('says in its log that the broker is down, and stalls for twice --wait at most', async () => {
    const nobody = await freePort();
    const fail2ban = await startFail2ban({ port: nobody, action: 'wait="1s"' });
    const started = performance.now();
    await fail2ban.client('set', 'probe', 'banip', '192.0.2.10');
    await waitFor(() => fail2ban.log().includes('Failed to execute ban'), {
      timeoutMs: 20_000,
      what: 'the failure in the log',
    });
    // Two runs of a second each, and Node starting twice on a machine that may be busy.
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(fail2ban.log()).toMatch(/no connection to 127\.0\.0\.1:\d+ within 1s/);
    await fail2ban.stop();
  }, 60_000);

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

async function subscribe(broker: Mosquitto): Promise<RunningProcess> {
  // Into a pipe it would print when its buffer is full.
  const subscriber = await startProcess('stdbuf', [
    ...['-oL', 'mosquitto_sub', '-V', '5', '-v', '-q', '2', '-t', '#'],
    ...['-h', '127.0.0.1', '-p', broker.port.toString()],
  ]);
  await waitFor(() => broker.log().includes('Sending SUBACK'), { what: 'the subscription' });
  return subscriber;
}

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  createWallClock,
  mustRun,
  runProcess,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
} from '@vallum/test-kit';
import { startFail2ban } from '../packages/fail2ban-action/tests/fail2ban.js';
import { members } from './support/kernel-set.js';
import { startVallumd } from './support/programs.js';

const MINUTE = 60;
const ROUNDS = 6;
const WAIT_SECONDS = 4;

suiteNeeding(
  ['ipset', 'mosquitto', 'fail2ban', 'faketime'],
  'a real fail2ban while the broker is away for an hour of its clock',
  () => {
    it('loses no ban and no unban, and holds up no jail by more than one deadline a minute', async () => {
      const clock = await createWallClock();
      const broker = await startMosquitto();
      for (const [set, family] of [
        ['blacklist', 'inet'],
        ['blacklist6', 'inet6'],
      ] as const) {
        await mustRun('ipset', ['create', set, 'hash:net', 'family', family, 'timeout', '0']);
      }
      const daemon = await startVallumd(
        ['-h', '127.0.0.1', '-p', String(broker.port), '-t', 'blacklist', '--node', 'fw1'],
        { env: clock.env },
      );
      await daemon.waitForOutput(/listening to blacklist\/#/);
      const fail2ban = await startFail2ban({
        port: broker.port,
        action: `wait="${String(WAIT_SECONDS)}s"`,
        defaults: ['bantime = 3h'],
        briefBans: '9m',
        env: { ...clock.env, PYTHONPATH: pythonThatSleeps() },
      });
      const held = async () =>
        new Map(
          (await members('blacklist')).map((entry) => entry.split(' timeout ') as [string, string]),
        );
      const inKernel = (address: string) =>
        waitFor(async () => (await held()).has(address), { timeoutMs: 20_000, what: address });
      await fail2ban.attack('198.51.100.1', 'probe', clock.nowMs());
      await inKernel('198.51.100.1');
      const areActionsOver = async () =>
        (await runProcess('pgrep', ['-f', fail2ban.database])).code === 1;
      const startedMs = clock.nowMs();

      await broker.stop();
      const banned = (text: string) => fail2ban.log().includes(`] Ban ${text}`);
      const isKept = (words: string) => () => spooled(fail2ban.spool).includes(words);
      const ends = new Map<string, number>();
      for (let round = 0; round < ROUNDS; round++) {
        const [long, brief] = [`192.0.2.${String(round)}`, `203.0.113.${String(round)}`];
        await fail2ban.attack(long, 'probe', clock.nowMs());
        await fail2ban.attack(brief, 'brief', clock.nowMs());
        for (const address of [long, brief]) {
          await waitFor(() => banned(address), { timeoutMs: 20_000, what: `ban of ${address}` });
        }
        ends.set(long, clock.nowMs() / 1_000 + 180 * MINUTE);
        await waitFor(isKept(`add ${long}`), { timeoutMs: 60_000, what: `${long} kept` });
        await waitFor(isKept(`add ${brief}`), { timeoutMs: 60_000, what: `${brief} kept` });
        if (round === 2) {
          await fail2ban.client('set', 'probe', 'unbanip', '198.51.100.1', '192.0.2.1');
          await waitFor(isKept('del 192.0.2.1'), { timeoutMs: 60_000, what: 'the unbans kept' });
        }
        // Of one that is still at work fail2ban would think that it takes ten minutes.
        await waitFor(areActionsOver, { timeoutMs: 20_000, what: 'the end of the actions' });
        await clock.set((round + 1) * 10 * MINUTE);
        // Over by this clock, and so lifted; each is one more call of the action.
        await waitFor(isKept(`del ${brief}`), { timeoutMs: 60_000, what: `${brief} over` });
      }
      expect(clock.nowMs() - startedMs).toBeGreaterThanOrEqual(3_600_000);
      // An action that had failed would have been run once more.
      expect(fail2ban.log()).not.toMatch(/Failed to execute|timed out/i);
      const kept = spooled(fail2ban.spool);
      expect(new Set(kept).size).toBe(kept.length);
      // Of the calls of a jail within a minute one has taken its time, and the others went by what it found.
      const tries = triesOf(fail2ban.spool);
      expect(tries.filter(({ why }) => why === 'still unreachable')).not.toEqual([]);
      for (const { jail, why, askedMs } of tries) {
        if (why !== 'unreachable') continue;
        const again = tries.filter(
          (other) =>
            other.jail === jail &&
            other.why === why &&
            other.askedMs > askedMs &&
            other.askedMs < askedMs + 1_000 * MINUTE,
        );
        expect(again).toEqual([]);
      }

      await broker.start();
      await daemon.waitForOutput(/connected to .*\n[^]*connected to /, { timeoutMs: 60_000 });
      const flushed = async () => (await fail2ban.publisher('flush')).code === 0;
      await waitFor(flushed, { timeoutMs: 60_000, intervalMs: 500, what: 'an empty spool' });
      const expected = [0, 2, 3, 4, 5].map((round) => `192.0.2.${String(round)}`);
      await waitFor(async () => (await held()).size === expected.length, { what: 'all bans' });
      const found = await held();
      expect([...found.keys()].sort()).toEqual(expected);
      for (const [address, seconds] of found) {
        const end = clock.nowMs() / 1_000 + Number(seconds);
        expect(Math.abs(end - (ends.get(address) ?? 0))).toBeLessThan(60);
      }
      await fail2ban.stop();
      await daemon.kill();
      await broker.stop();
      for (const set of ['blacklist', 'blacklist6']) await mustRun('ipset', ['destroy', set]);
    }, 400_000);
  },
);

/** libfaketime's clock_nanosleep fails on the monotonic clock, by which Python sleeps; its select does not. */
function pythonThatSleeps(): string {
  const folder = temporaryFolder();
  const patch =
    'import select, time\ntime.sleep = lambda s: select.select([], [], [], max(0, s))\n';
  writeFileSync(join(folder, 'sitecustomize.py'), patch);
  return folder;
}

/** Which jail asked for what waits, when, and how its call has tried to be rid of it. */
function triesOf(folder: string): { jail: string; why: string; askedMs: number }[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.msg'));
  return names.map((name) => {
    const [, head = '', payload = ''] = readFileSync(join(folder, name), 'utf8').split('\n');
    const { why } = JSON.parse(head) as { why: string };
    const [, jail = ''] = / origin (\S+)/.exec(payload) ?? [];
    return { jail, why, askedMs: Number(name.slice(0, 13)) };
  });
}

/** `add 192.0.2.7` of each file, oldest first. */
function spooled(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.msg'));
  } catch {
    return [];
  }
  return names.sort().map((name) => {
    const [, head = '', payload = ''] = readFileSync(join(folder, name), 'utf8').split('\n');
    const { topic } = JSON.parse(head) as { topic: string };
    return `${topic.replace(/.*\//, '')} ${payload.replace(/ .*/, '')}`;
  });
}

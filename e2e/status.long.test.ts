import { afterAll, beforeAll, expect, it } from '@jest/globals';
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
import { mosquittoPub } from './support/mosquitto-clients.js';
import { startVallumd } from './support/programs.js';

interface Status {
  readonly state: string;
  readonly at: number;
  readonly sets: readonly {
    readonly state: string;
    readonly bans: number;
    readonly pending: number;
  }[];
}

/** Numbers wait 30 s at most; and what it takes to look. */
const TOLD_WITHIN_MS = 36_000;

suiteNeeding(['ipset', 'mosquitto', 'mosquitto-clients'], 'the retained status of a node', () => {
  let broker: Mosquitto;
  let daemon: RunningProcess;

  beforeAll(async () => {
    broker = await startMosquitto();
    await mustRun('ipset', ['create', 'blacklist', 'hash:ip', 'timeout', '0']);
    daemon = await startVallumd([
      ...['-h', '127.0.0.1', '-p', String(broker.port), '-t', 'blacklist', '--node', 'books'],
    ]);
    await daemon.waitForOutput(/listening to blacklist\/#/);
  }, 30_000);
  afterAll(async () => {
    await daemon.kill('SIGKILL');
    await broker.stop();
    await mustRun('ipset', ['destroy', 'blacklist']);
  });

  const status = async (): Promise<Status | undefined> => {
    const args = ['-p', String(broker.port), '-t', 'vallumd/books', '-C', '1', '-W', '1'];
    const { stdout } = await runProcess('mosquitto_sub', args);
    return stdout === '' ? undefined : (JSON.parse(stdout) as Status);
  };
  const until = (what: string, isSo: (now: Status) => boolean, timeoutMs: number) =>
    waitFor(
      async () => {
        const now = await status();
        return now !== undefined && isSo(now) ? now : undefined;
      },
      { what, timeoutMs },
    );
  const publish = (payload: string) => mosquittoPub(ownNamespace, broker, 'blacklist/add', payload);

  it('follows 64 bans that end, and stays true where nothing more happens', async () => {
    const lines = Array.from({ length: 64 }, (_, index) => `192.0.2.${String(index)} timeout 40`);
    await publish(lines.join('\n'));
    const full = { bans: 64, pending: 0 };
    const first = await until('64 bans', ({ sets }) => sets[0]?.bans === 64, TOLD_WITHIN_MS);
    expect(first.sets[0]).toMatchObject(full);
    await until('no ban', ({ sets }) => sets[0]?.bans === 0, 40_000 + TOLD_WITHIN_MS);
    expect((await status())?.sets[0]).toMatchObject({ bans: 0, pending: 0 });
  }, 150_000);

  it('says at once that a set is gone', async () => {
    await mustRun('ipset', ['destroy', 'blacklist']);
    // As soon as the node sees it, which looks every ten seconds.
    await daemon.waitForOutput(/set blacklist cannot be used/, { timeoutMs: 20_000 });
    await until('a set that is missing', ({ sets }) => sets[0]?.state === 'missing', 5_000);
    await mustRun('ipset', ['create', 'blacklist', 'hash:ip', 'timeout', '0']);
    await daemon.waitForOutput(/set blacklist is ready[^]*set blacklist is ready/, {
      timeoutMs: 20_000,
    });
    await until('a set that is there', ({ sets }) => sets[0]?.state === 'ready', 5_000);
  }, 60_000);
});

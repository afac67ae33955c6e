import { randomBytes, randomInt } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  freePort,
  startMosquitto,
  startProcess,
  suiteNeeding,
  temporaryFolder,
  type Mosquitto,
} from '@vallum/test-kit';

const { unpack } = createRequire(import.meta.url)('../bin/code-cache.js') as {
  unpack: (bytes: Buffer) => Buffer | undefined;
};
const installed = fileURLToPath(new URL('..', import.meta.url));

suiteNeeding(['mosquitto'], 'the code cache of vallum-pub', () => {
  let broker: Mosquitto;
  let folder: string;
  beforeAll(async () => {
    broker = await startMosquitto();
  }, 30_000);
  beforeEach(async () => {
    folder = temporaryFolder();
    const filter = (path: string) => !path.endsWith('.cache');
    for (const part of ['bin', 'dist']) {
      await cp(join(installed, part), join(folder, part), { recursive: true, filter });
    }
  });

  const caches = async () => {
    const names = await readdir(join(folder, 'dist'));
    return names
      .filter((name) => name.includes('.cache'))
      .map((name) => join(folder, 'dist', name));
  };
  const run = async (port = broker.port, ...more: string[]) => {
    const args = ['add', '192.0.2.7', '--set', 'x', '-p', port.toString(), ...more];
    const program = join(folder, 'bin', 'vallum-pub.js');
    const running = await startProcess(process.execPath, [program, ...args], {
      env: { NODE_EXTRA_CA_CERTS: undefined, VALLUM_SPOOL: 'false' },
    });
    return running.exited;
  };

  it('is made by the first run that the broker confirmed, for this version of Node', async () => {
    await run(broker.port, '--dry-run');
    await run(await freePort(), '--wait', '1s');
    expect(await caches()).toEqual([]);
    expect((await run()).code).toBe(67);
    const [made, ...others] = await caches();
    expect(others).toEqual([]);
    expect(made).toContain(`${process.version}-${process.arch}.cache`);
    const { mode, mtimeMs } = await stat(made!);
    expect(mode & 0o022).toBe(0);
    expect((await run()).code).toBe(67);
    expect((await stat(made!)).mtimeMs).toBe(mtimeMs);
  }, 30_000);

  /** As the one that V8 refuses, the damaged one must neither stop the program nor stay. */
  async function heals(damage: (whole: Buffer) => Buffer): Promise<void> {
    const [made] = await caches();
    await writeFile(made!, damage(await readFile(made!)));
    expect(await run()).toMatchObject({ code: 67, signal: null });
    expect(unpack(await readFile(made!))).toBeDefined();
    expect(await caches()).toEqual([made]);
  }

  it('is made anew where it is damaged, and damage never stops a run', async () => {
    await run();
    for (let time = 0; time < 6; time++) {
      await heals((whole) => {
        randomBytes(300).copy(whole, randomInt(whole.length - 300));
        return whole;
      });
      await heals((whole) => {
        const page = 4096 * randomInt(Math.floor(whole.length / 4096));
        return whole.fill(0, page, page + 4096);
      });
      await heals((whole) => whole.subarray(0, randomInt(whole.length)));
    }
    await heals((whole) => whole.subarray(0, whole.length / 2));
    await heals((whole) => Buffer.concat([whole, whole.subarray(0, 1)]));
    await heals(() => Buffer.alloc(0));
    // Undamaged, and nothing that V8 knows.
    await heals(() => Buffer.from('no codeno code'));
    await heals((whole) => whole.fill(0));
  }, 120_000);

  it('is done without where there is something else in its place', async () => {
    await run();
    const [made] = await caches();
    await rm(made!);
    await mkdir(made!);
    for (let time = 0; time < 2; time++) {
      expect(await run()).toMatchObject({ code: 67, signal: null });
      expect(await caches()).toEqual([made]);
    }
  }, 30_000);

  it('shows every byte that has changed, and every byte that is missing', async () => {
    await run();
    const [made] = await caches();
    const whole = await readFile(made!);
    expect(unpack(whole)?.length).toBe(whole.length / 2);
    const undiscovered: number[] = [];
    for (let at = 0; at < whole.length; at++) {
      const right = whole[at] ?? 0;
      whole[at] = right ^ (1 << (at & 7));
      if (unpack(whole) !== undefined) undiscovered.push(at);
      whole[at] = right;
    }
    for (let length = 0; length < whole.length; length += 251) {
      if (unpack(whole.subarray(0, length)) !== undefined) undiscovered.push(length);
    }
    expect(undiscovered).toEqual([]);
  }, 120_000);
});

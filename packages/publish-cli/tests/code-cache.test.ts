import { cp, readdir, stat, truncate, writeFile } from 'node:fs/promises';
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
      env: { NODE_EXTRA_CA_CERTS: undefined },
    });
    return running.exited;
  };

  it('is made by the first run that the broker confirmed, for this version of Node', async () => {
    await run(broker.port, '--dry-run');
    await run(await freePort(), '--wait', '1s');
    expect(await caches()).toEqual([]);
    expect((await run()).code).toBe(0);
    const [made, ...others] = await caches();
    expect(others).toEqual([]);
    expect(made).toContain(`${process.version}-${process.arch}.cache`);
    const { mode, mtimeMs } = await stat(made!);
    expect(mode & 0o022).toBe(0);
    expect((await run()).code).toBe(0);
    expect((await stat(made!)).mtimeMs).toBe(mtimeMs);
  }, 30_000);

  it('is passed over where V8 refuses it, and made anew', async () => {
    await run();
    const [made] = await caches();
    const { size } = await stat(made!);
    for (const spoil of [() => truncate(made!, 100), () => writeFile(made!, 'no code')]) {
      await spoil();
      expect(await run()).toMatchObject({ code: 0, stderr: '' });
      expect((await stat(made!)).size).toBeGreaterThan(size / 2);
    }
  }, 30_000);
});

import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { runProcess, startProcess, suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import { buildSync } from 'esbuild';
import { openFileStore } from '../../src/journal/file-store.js';

let child: string;

beforeAll(() => {
  const folder = temporaryFolder();
  child = join(folder, 'child.mjs');
  symlinkSync(
    fileURLToPath(new URL('../../../../node_modules', import.meta.url)),
    join(folder, 'node_modules'),
  );
  buildSync({
    entryPoints: [fileURLToPath(new URL('child.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    // koffi finds its native part beside itself.
    external: ['koffi'],
    outfile: child,
  });
});

/** Every number that a line of the output begins with a word for. */
function numbersBehind(word: string, output: string): number[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith(`${word} `))
    .flatMap((line) => line.split(' ').slice(1).map(Number));
}

async function listed(folder: string): Promise<number[]> {
  const { stdout, stderr } = await runProcess(process.execPath, [child, 'list', folder]);
  expect(stderr).toBe('');
  expect(stdout).not.toContain('damage');
  return numbersBehind('found', stdout);
}

suiteNeeding(['strace'], 'a journal whose process is killed by the kernel', () => {
  it.each([
    // Each thread counts for itself: the main thread appends, others write what is rewritten.
    ...[1, 2, 3, 5, 8].map((when) => ['pwrite64', when] as const),
    ...[1, 2, 3].map((when) => ['rename', when] as const),
    ...[1, 2].map((when) => ['fsync', when] as const),
    ['fallocate', 1] as const,
    ['ftruncate', 1] as const,
    ['flock', 1] as const,
  ])('holds what was acknowledged: at %s number %i', async (call, when) => {
    const folder = temporaryFolder();
    const inject = `inject=${call}:signal=KILL:when=${String(when)}`;
    const { stdout, signal, code } = await runProcess('strace', [
      ...['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject],
      ...[process.execPath, child, 'append', folder, '8'],
    ]);
    expect([signal, code]).not.toEqual([null, 0]);
    const kept = numbersBehind('kept', stdout);
    expect(kept.length).toBeLessThan(9);
    const found = await listed(folder);
    expect(found).toEqual(expect.arrayContaining(kept));
    // One more may be there: it was written, and not told.
    expect(Math.max(0, ...found)).toBeLessThanOrEqual(kept.length + 1);
  });

  it('holds what was acknowledged where the kernel refuses a write', async () => {
    const folder = temporaryFolder();
    const { stdout, stderr, code } = await runProcess('strace', [
      ...['-f', '-qq', '-o', '/dev/null', '-e', 'trace=pwrite64'],
      ...['-e', 'inject=pwrite64:error=ENOSPC:when=4'],
      ...[process.execPath, child, 'append', folder, '8'],
    ]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/cannot write .*ledger\.journal: ENOSPC/);
    const kept = numbersBehind('kept', stdout);
    expect(kept.length).toBeGreaterThan(0);
    expect(await listed(folder)).toEqual(expect.arrayContaining(kept));
  });
});

/** Runs what is between `;` on a small disk of its own. */
async function onSmallDisk(size: string, ...tasks: string[]): Promise<string[]> {
  const folder = temporaryFolder();
  const script = tasks.map((task) => `"$1" "$2" ${task} "$3"; echo "---"`).join('; ');
  const { stdout, stderr } = await runProcess('unshare', [
    ...['-rm', 'sh', '-c', `mount -t tmpfs -o size=${size} none "$3" && { ${script}; }`, 'sh'],
    ...[process.execPath, child, folder],
  ]);
  expect(stderr.replace(/^Killed\n/gm, '')).toBe('');
  return stdout.split('---\n');
}

suiteNeeding(['namespace'], 'a journal on a disk that others fill', () => {
  it('keeps the next 100,000 bans, and all that was acknowledged', async () => {
    const [life = '', after = ''] = await onSmallDisk('24m', 'full', 'count');
    expect(life).toContain('full ENOSPC\n');
    expect(life).toContain('at 100000 room is low\n');
    expect(life).toMatch(/^warning cannot reserve room for .*ENOSPC.*; make room on this disk;/m);
    expect(life).toMatch(/^warning cannot write .*ENOSPC.*; make room on this disk;/m);
    const [kept = 0] = numbersBehind('kept', life);
    expect(kept).toBeGreaterThan(100_000);
    expect(after).toBe(`found ${String(kept)} of ${String(kept)}\n`);
  });

  it('has everything again once there is room', async () => {
    const [life = '', after = ''] = await onSmallDisk('64m', 'heal', 'count');
    const [kept = 0] = numbersBehind('kept', life);
    expect(life).toContain('durable true\n');
    expect(life).toContain('warning the ledger is kept on disk again\n');
    // The one that was refused, and one behind the rewrite.
    expect(after).toBe(`found ${String(kept + 2)} of ${String(kept + 2)}\n`);
  });

  it('says what to do where it cannot be written to at all', async () => {
    const folder = temporaryFolder();
    const { stdout } = await runProcess('unshare', [
      ...[
        '-rm',
        'sh',
        '-c',
        'mount -t tmpfs none "$3" && mkdir "$3/state" && mount -o remount,bind,ro "$3" && "$1" "$2" open "$3"',
        'sh',
      ],
      ...[process.execPath, child, folder],
    ]);
    expect(stdout).toMatch(
      /^cannot open .*EROFS.*; choose a state folder that this user may write to\n$/,
    );
  });
});

suiteNeeding(['namespace'], 'the lock between containers', () => {
  it('is seen from another pid namespace, says who has it, and ends with its holder', async () => {
    const folder = temporaryFolder();
    const holder = await startProcess('unshare', [
      ...['-rpufm', '--mount-proc', '--kill-child', 'sh', '-c'],
      ...['hostname c0ffee; "$1" "$2" hold "$3"; echo over', 'sh', process.execPath, child, folder],
    ]);
    await holder.waitForOutput(/held/);
    const state = join(folder, 'state');
    await expect(openFileStore(state)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(
        /state is in use by process \d on c0ffee; give each daemon a state folder of its own$/,
      ) as unknown,
    });
    const inAnother = await runProcess('unshare', [
      ...['-rpf', '--kill-child', process.execPath, child, 'open', folder],
    ]);
    expect(inAnother.stdout).toMatch(/in use by process \d on c0ffee/);
    await holder.kill('SIGKILL');
    const store = await openFileStore(state);
    await store.close();
  });
});

describe('a journal that another process has just closed', () => {
  it('is there for the next', async () => {
    const folder = temporaryFolder();
    const { stdout } = await runProcess(process.execPath, [child, 'append', folder, '4']);
    expect(stdout).toBe('kept 1\nkept 2\nkept 3\nkept 4\nclosed\n');
    expect(await listed(folder)).toEqual([1, 2, 3, 4]);
  });
});

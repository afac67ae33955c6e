import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from './run.js';

const hung = (seconds: number): string => `exec sleep ${seconds}`;

describe('run', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vallum-run-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('gives what a program prints and its exit code, and feeds it its input', async () => {
    const result = await run('sh', ['-c', 'cat; echo oops >&2; exit 3'], { input: 'ü\n' });
    expect(result).toEqual({ code: 3, stdout: 'ü\n', stderr: 'oops\n' });
  });

  it('gives a program this environment, or the one that it is given', async () => {
    const script = 'echo "$HOME, $LC_ALL, $ONLY"';
    expect((await run('sh', ['-c', script])).stdout).toBe(`${String(process.env['HOME'])}, C, \n`);
    const { stdout } = await run('sh', ['-c', script], { env: { ONLY: 'this' } });
    expect(stdout).toBe(', C, this\n');
  });

  it('feeds a long input to the end', async () => {
    const input = 'ü'.repeat(300_000);
    const { stdout } = await run('cat', [], { input });
    expect(stdout === input).toBe(true);
  });

  it('kills a program that does nothing, and says which and how long it waited', async () => {
    const started = performance.now();
    const result = run('sh', ['-c', hung(60), '-'.repeat(200)], { deadlineMs: 200 });
    await expect(result).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
      message: expect.stringMatching(
        /^sh -c exec sleep 60 -+… did nothing for 0\.2 s and was killed$/,
      ),
    });
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('kills what the program has started, too, though that holds its pipes open', async () => {
    const file = join(folder, 'child');
    const script = `sleep 61 & echo $! > ${file}; wait`;
    await expect(run('sh', ['-c', script], { deadlineMs: 300 })).rejects.toThrow('did nothing');
    const pid = readFileSync(file, 'utf8').trim();
    await expect(ended(pid)).resolves.toBe(true);
  });

  it('does not wait for what a program leaves running, which runs on, and loses nothing', async () => {
    const file = join(folder, 'left');
    const line = 'x'.repeat(99);
    const script = `sleep 63 & echo $! > ${file}; yes ${line} | head -n 1000; exit 3`;
    const started = performance.now();
    const { code, stdout } = await run('sh', ['-c', script]);
    expect(performance.now() - started).toBeLessThan(5000);
    expect([code, stdout.length]).toEqual([3, 100_000]);
    const pid = Number(readFileSync(file, 'utf8'));
    expect(process.kill(pid, 0)).toBe(true);
    process.kill(pid);
  });

  it('hears all that an ended program has written, though this process was busy meanwhile', async () => {
    const result = run('sh', ['-c', 'sleep 64 & echo $!; exec 2>&-; yes | head -n 20000']);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const until = performance.now() + 500;
    while (performance.now() < until);
    const [pid = '', ...lines] = (await result).stdout.trim().split('\n');
    process.kill(Number(pid));
    expect(lines).toHaveLength(20_000);
  });

  it('lets a program take its time as long as it does something', async () => {
    const script = 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done';
    const { stdout } = await run('sh', ['-c', script], { deadlineMs: 400 });
    expect(stdout).toBe('1\n2\n3\n4\n5\n6\n');
  });

  it('kills a program that writes without end', async () => {
    const endless = run('yes', [], { maxOutputBytes: 1_000_000 });
    await expect(endless).rejects.toThrow('yes wrote more than 1000000 bytes and was killed');
  });

  it('ends a program whose signal aborts, and starts none where it has', async () => {
    const abort = new AbortController();
    const result = run('sh', ['-c', hung(62)], { signal: abort.signal });
    abort.abort();
    await expect(result).rejects.toMatchObject({ code: 'CLOSED' });
    const late = run('sh', ['-c', hung(62)], { signal: abort.signal });
    await expect(late).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('hands output over as it comes, and passes on what its taker throws', async () => {
    const seen: string[] = [];
    const { stdout } = await run('echo', ['hello'], { onOutput: (text) => void seen.push(text) });
    expect(seen.join('')).toBe('hello\n');
    expect(stdout).toBe('');
    const onOutput = (): void => {
      throw new RangeError('enough');
    };
    await expect(run('yes', [], { onOutput })).rejects.toThrow(RangeError);
  });

  it('rejects where the program cannot be started', async () => {
    await expect(run('/nowhere/ipset', [])).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

/** Killed processes are there until somebody asks what became of them. */
async function ended(pid: string): Promise<boolean> {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      const state = execFileSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' });
      if (state.startsWith('Z')) return true;
    } catch {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

import { describe, expect, it } from '@jest/globals';
import { mustRun, runProcess, startProcess } from './process.js';
import { waitFor } from './wait-for.js';

const node = (script: string, input?: string) =>
  runProcess(process.execPath, ['-e', script], input === undefined ? {} : { input });

describe('startProcess', () => {
  it('collects both streams and the exit code', async () => {
    const finished = await node('console.log("out"); console.error("err"); process.exitCode = 3');
    expect(finished).toEqual({ code: 3, signal: null, stdout: 'out\n', stderr: 'err\n' });
  });

  it('feeds standard input', async () => {
    expect((await node('process.stdin.pipe(process.stdout)', 'hello')).stdout).toBe('hello');
  });

  it('waits for output, ends by signal, and may be killed twice', async () => {
    const script = 'console.log("ready 7"); setInterval(() => {}, 1000)';
    const child = await startProcess(process.execPath, ['-e', script]);
    expect((await child.waitForOutput(/ready (\d)/))[1]).toBe('7');
    expect(await child.kill()).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(await child.kill()).toMatchObject({ signal: 'SIGTERM' });
  });

  it('says what was printed when the awaited output does not come', async () => {
    const child = await startProcess(process.execPath, ['-e', 'console.log("something else")']);
    await expect(child.waitForOutput(/ready/)).rejects.toThrow('something else');
  });

  it('rejects for a program that is not there', async () => {
    await expect(startProcess('no-such-program-here')).rejects.toThrow('ENOENT');
  });

  it('throws with the output where a program had to succeed', async () => {
    await expect(mustRun(process.execPath, ['-e', 'throw new Error("told you")'])).rejects.toThrow(
      'told you',
    );
  });
});

describe('waitFor', () => {
  it('returns what the condition answers', async () => {
    let asked = 0;
    expect(await waitFor(() => (++asked > 2 ? 'yes' : undefined))).toBe('yes');
  });

  it('names what did not come, and keeps the last error as its cause', async () => {
    const waiting = waitFor(() => Promise.reject(new Error('inner')), {
      timeoutMs: 30,
      what: 'the moon',
    });
    await expect(waiting).rejects.toThrow('the moon');
    await expect(waiting).rejects.toHaveProperty('cause.message', 'inner');
  });
});

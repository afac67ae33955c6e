import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { connectionOptions } from './connection-options.js';
import { loadOptions } from './load-options.js';
import { isPlainFile, readPasswordFile, readPasswordOnce } from './password-file.js';

const folder = mkdtempSync(join(tmpdir(), 'vallum-password-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let made = 0;
let fifo: string;
beforeEach(() => {
  fifo = join(folder, `fifo${(made += 1).toString()}`);
  execFileSync('mkfifo', [fifo]);
});

describe('a password that comes from a FIFO', () => {
  it('is its first line, whenever that comes, and how', async () => {
    const read = readPasswordOnce(fifo, 10);
    const writer = await open(fifo, 'a');
    await writer.write('correct ho');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await writer.write('rse\r\nmore\n');
    expect(await read).toEqual({ ok: true, value: 'correct horse' });
    await writer.close();
  });

  it('may be all there is, without a line end', async () => {
    const read = readPasswordOnce(fifo, 10);
    await appendFile(fifo, 'battery staple');
    expect(await read).toEqual({ ok: true, value: 'battery staple' });
  });

  it('is not waited for longer than is said', async () => {
    expect(await readPasswordOnce(fifo, 0.05)).toEqual({
      ok: false,
      reason: 'unreadable-file',
      detail: `the password file "${fifo}" gave no line within 0.05s`,
    });
  });

  it('is not waited for once somebody wants to stop', async () => {
    const cancellation = { aborted: false };
    const read = readPasswordOnce(fifo, 3_600, cancellation);
    setTimeout(() => {
      cancellation.aborted = true;
    }, 30);
    await read;
    expect(cancellation.aborted).toBe(true);
  });

  it('becomes the password of the options, of every program', async () => {
    const argv = ['--password-file', fifo];
    const loading = loadOptions(connectionOptions, { argv, env: {}, defaultConfigPath: '/no' });
    await appendFile(fifo, 'secret\n');
    const loaded = await loading;
    expect(loaded.ok && loaded.value.values).toMatchObject({
      password: 'secret',
      'password-file': undefined,
    });
  });
});

describe('a standard password file that is a FIFO', () => {
  it('is read once too, and holds nothing up', async () => {
    const request = {
      ...{ argv: ['-h', 'b', '-u', 'u'], env: {}, defaultConfigPath: '/no' },
      standardPasswordFile: fifo,
    };
    const loading = loadOptions(connectionOptions, request);
    await appendFile(fifo, 'secret\n');
    const loaded = await loading;
    expect(loaded.ok && loaded.value.values.password).toBe('secret');
  });
});

describe('a password that comes from a device', () => {
  it('is not read for ever, nor kept without bounds', async () => {
    const read = await readPasswordOnce('/dev/zero', 3_600);
    expect(read).toMatchObject({ ok: false, reason: 'unreadable-file' });
    expect(!read.ok && read.detail).toContain('too long for a password');
  });

  it('is none where the device is empty', async () => {
    expect(await readPasswordOnce('/dev/null', 3_600)).toEqual({ ok: true, value: '' });
  });
});

describe('a password file', () => {
  it('is told from what has to be read in time', () => {
    const plain = join(folder, 'plain');
    writeFileSync(plain, 'secret\n');
    expect([plain, fifo, '/dev/zero', '/nowhere'].map(isPlainFile)).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('that has become a FIFO does not hold up a program that connects again', () => {
    expect(() => readPasswordFile(fifo)).toThrow('not a plain file');
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { AddressText } from '../address/address.js';
import { VallumError } from '../words/errors.js';
import type { Origin, SetName } from '../words/names.js';
import { createFileStore } from './file-store.js';
import type { LedgerRecord } from '../ledger/record.js';

const set = 'blacklist' as SetName;
let parent: string;
let folder: string;
let path: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'vallum-store-'));
  folder = join(parent, 'state');
  path = join(folder, 'ledger.jsonl');
});
afterEach(() => {
  rmSync(parent, { recursive: true, force: true });
});

function ban(n: number): LedgerRecord {
  return { op: 'ban', set, address: `10.0.0.${n}` as AddressText, origin: '', until: 'never' };
}

async function reopen(): Promise<LedgerRecord[]> {
  const store = createFileStore(folder);
  const records = await store.load();
  await store.close();
  return records;
}

function errorOf(action: () => unknown): VallumError {
  try {
    action();
  } catch (error) {
    if (error instanceof VallumError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the ledger on disk', () => {
  it('gives back every kind of record as it was written', async () => {
    const address = '2001:db8::/32' as AddressText;
    const origin = 'web1' as Origin;
    const records: LedgerRecord[] = [
      { op: 'ban', set, address, origin, until: 1_795_420_000, reason: 'ssh "root"\u00e9' },
      { op: 'ban', set, address, origin: '', until: 'default' },
      { op: 'unban', set, address, origin },
      { op: 'unban', set, address },
      { op: 'cleared', set, address },
    ];
    const store = createFileStore(folder);
    expect(store.durable).toBe(true);
    store.append([]);
    store.append(records);
    await store.close();
    expect(await reopen()).toEqual(records);
  });

  it('is for nobody else to read', async () => {
    const store = createFileStore(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('loses only the line that a crash cut off, and not the one behind it', async () => {
    let store = createFileStore(folder);
    store.append([ban(1), ban(2)]);
    await store.close();
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20));
    store = createFileStore(folder);
    store.append([ban(3)]);
    await store.close();
    expect(await reopen()).toEqual([ban(1), ban(3)]);
  });

  it.each([
    'garbage',
    '\u0000\u0000\u0000',
    'null',
    '[]',
    '"ban"',
    '{}',
    '{"op":"ban","set":"blacklist","address":"localhost","until":"never"}',
    '{"op":"ban","set":"-exist","address":"10.0.0.9","until":"never"}',
    '{"op":"ban","set":"blacklist","address":"10.0.0.9","until":"soon"}',
    '{"op":"ban","set":"blacklist","address":"10.0.0.9","until":1e999}',
    '{"op":"ban","set":"blacklist","address":"10.0.0.9","until":1.5}',
    '{"op":"ban","set":"blacklist","address":"10.0.0.9","until":"never","origin":"a b"}',
    '{"op":"ban","set":"blacklist","address":"10.0.0.9","until":"never","origin":{}}',
    '{"op":"unban","set":"blacklist","address":"10.0.0.9","origin":"\\n"}',
    '{"op":"flush","set":"blacklist","address":"10.0.0.9"}',
    '{"op":"cleared","set":["blacklist"],"address":"10.0.0.9"}',
  ])('skips a line that is no record: %s', async (line) => {
    const store = createFileStore(folder);
    store.append([ban(1)]);
    appendFileSync(path, `\n${line}`);
    store.append([ban(2)]);
    await store.close();
    expect(await reopen()).toEqual([ban(1), ban(2)]);
  });

  it('reads a ban without an origin as anonymous', async () => {
    const store = createFileStore(folder);
    const line = '{"op":"ban","set":"blacklist","address":"10.0.0.1","until":"never","reason":7}';
    appendFileSync(path, line);
    await store.close();
    expect(await reopen()).toEqual([ban(1)]);
  });

  it('keeps what is appended while it is being rewritten', async () => {
    const store = createFileStore(folder);
    store.append([ban(1), ban(2), ban(3)]);
    const many = Array.from({ length: 25_000 }, (_, n) => ban(n % 250));
    const rewritten = store.replace(many);
    store.append([ban(251)]);
    await new Promise((resolve) => setImmediate(resolve));
    store.append([ban(252)]);
    await rewritten;
    store.append([ban(253)]);
    await store.close();
    expect(await reopen()).toEqual([...many, ban(251), ban(252), ban(253)]);
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  it('stays as it was where rewriting fails', async () => {
    const store = createFileStore(folder);
    store.append([ban(1)]);
    mkdirSync(`${path}.new`);
    await expect(store.replace([])).rejects.toMatchObject({ code: 'STORE_FAILED' });
    rmSync(`${path}.new`, { recursive: true, force: true });
    store.append([ban(2)]);
    await store.close();
    expect(await reopen()).toEqual([ban(1), ban(2)]);
  });

  it('names the folder, the trouble and the way out where it cannot write', () => {
    writeFileSync(folder, 'in the way');
    const error = errorOf(() => createFileStore(folder));
    expect(error.code).toBe('STORE_FAILED');
    expect(error.message).toContain(folder);
    expect(error.message).toMatch(/choose a state folder/);
  });

  it('cannot append to a file that it lost, and says so', async () => {
    const store = createFileStore(folder);
    await store.close();
    expect(
      errorOf(() => {
        store.append([ban(1)]);
      }),
    ).toMatchObject({
      code: 'STORE_FAILED',
      operation: `write ${path}`,
    });
  });

  it('cannot load a file that is gone, and says so', async () => {
    const store = createFileStore(folder);
    rmSync(path);
    await expect(store.load()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await store.close();
  });
});

describe('the lock on the state folder', () => {
  it('keeps a second daemon out, and names the first', async () => {
    const store = createFileStore(folder);
    const error = errorOf(() => createFileStore(folder));
    expect(error.code).toBe('STORE_FAILED');
    expect(error.message).toBe(
      `${folder} is in use by process ${process.pid}; give each daemon a state folder of its own`,
    );
    await store.close();
    expect(await reopen()).toEqual([]);
  });

  it.each([
    ['a process that is gone', '4194999 12345'],
    ['another process of the same id', `${process.pid} 1`],
    ['nobody, as the disk was full', ''],
    ['nobody known', 'rubbish'],
  ])('does not count where it was left by %s', async (_, content) => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'lock'), content);
    expect(await reopen()).toEqual([]);
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });

  it('is given back where opening fails after all', () => {
    mkdirSync(path, { recursive: true });
    expect(errorOf(() => createFileStore(folder)).code).toBe('STORE_FAILED');
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });
});

describe('kill -9', () => {
  it('loses nothing that append has taken', async () => {
    const bundle = join(parent, 'store.mjs');
    buildSync({
      entryPoints: [fileURLToPath(new URL('./file-store.ts', import.meta.url))],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: bundle,
    });
    const script = `
      import { createFileStore } from ${JSON.stringify(bundle)};
      const store = createFileStore(${JSON.stringify(folder)});
      store.append(${JSON.stringify([ban(1), ban(2)])});
      store.append(${JSON.stringify([ban(3)])});
      process.kill(process.pid, 'SIGKILL');
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: 'ignore',
    });
    const signal = await new Promise((resolve) =>
      child.on('exit', (_, name) => {
        resolve(name);
      }),
    );
    expect(signal).toBe('SIGKILL');
    expect(await reopen()).toEqual([ban(1), ban(2), ban(3)]);
  });
});

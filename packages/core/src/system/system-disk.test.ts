import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemDisk, systemDisk } from './system-disk.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vallum-disk-'));
  path = join(folder, 'file');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ['libc', systemDisk],
  ['programs', createSystemDisk(() => Promise.resolve(undefined))],
])('the disk, by way of %s', (_, disk) => {
  it('locks an open file for one, until it is closed', async () => {
    const one = await disk.open(path, 'touch');
    const other = await disk.open(path, 'touch');
    expect(await disk.lock(one)).toBe(true);
    expect(await disk.lock(other)).toBe(false);
    expect(await disk.lock(one)).toBe(true);
    disk.closeNow(one);
    expect(await disk.lock(other)).toBe(true);
    disk.closeNow(other);
  });

  it('reserves room without touching what is there, and says where that cannot be', async () => {
    const file = await disk.open(path, 'create');
    await disk.write(file, Buffer.from('text'), 0);
    await disk.reserve(file, 4, 1 << 20);
    const { size, blocks } = statSync(path);
    expect(size).toBe(4);
    expect(blocks * 512).toBeGreaterThanOrEqual(1 << 20);
    disk.closeNow(file);
    const device = openSync('/dev/null', 'r+');
    await expect(disk.reserve(device, 0, 1)).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENODEV|ENOTSUP)$/) as unknown,
    });
    closeSync(device);
  });
});

describe('what both say of each other', () => {
  it('is the same lock', async () => {
    const programs = createSystemDisk(() => Promise.resolve(undefined));
    const one = await systemDisk.open(path, 'touch');
    const other = await programs.open(path, 'touch');
    expect(await systemDisk.lock(one)).toBe(true);
    expect(await programs.lock(other)).toBe(false);
    systemDisk.closeNow(one);
    expect(await programs.lock(other)).toBe(true);
    programs.closeNow(other);
  });
});

describe('files', () => {
  it('are for nobody else to read', async () => {
    await systemDisk.makeFolder(join(folder, 'state', 'deep'));
    systemDisk.closeNow(await systemDisk.open(path, 'touch'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'state', 'deep')).mode & 0o777).toBe(0o700);
  });

  it('are opened as they have to be', async () => {
    await expect(systemDisk.open(path, 'read')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(systemDisk.open(path, 'edit')).rejects.toMatchObject({ code: 'ENOENT' });
    const made = await systemDisk.open(path, 'create');
    systemDisk.writeNow(made, Buffer.from('text'), 0);
    await expect(systemDisk.open(path, 'create')).rejects.toMatchObject({ code: 'EEXIST' });
    const touched = await systemDisk.open(path, 'touch');
    expect((await systemDisk.status(touched)).size).toBe(4);
    const replaced = await systemDisk.open(path, 'replace');
    expect((await systemDisk.status(replaced)).size).toBe(0);
    for (const file of [made, touched, replaced]) systemDisk.closeNow(file);
    // Twice is as good as once.
    systemDisk.closeNow(replaced);
  });
});

import { describe, expect, it } from '@jest/globals';
import { describeProcess } from '../system/process-identity.js';
import { MemoryDisk } from '../testing/memory-disk.js';
import { openFileStore } from './file-store.js';

const lockPath = '/state/lock';

async function openAndClose(disk: MemoryDisk): Promise<void> {
  await (await openFileStore('/state', { disk })).close();
}

describe('the lock on the state folder', () => {
  it('keeps a second store out, and names who has it', async () => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    await expect(openFileStore('/state', { disk })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: `/state is in use by process ${String(process.pid)}; give each daemon a state folder of its own`,
    });
    await store.close();
    await openAndClose(disk);
  });

  it('names the machine or container too where it is another', async () => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    await disk.write(await disk.open(lockPath, 'edit'), Buffer.from('7 1 c0ffee    '), 0);
    await expect(openFileStore('/state', { disk })).rejects.toMatchObject({
      message: expect.stringMatching(/^\/state is in use by process 7 on c0ffee/) as unknown,
    });
    await store.close();
  });

  it('says that somebody has it where it cannot say who', async () => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    disk.truncateNow(await disk.open(lockPath, 'edit'), 0);
    await expect(openFileStore('/state', { disk })).rejects.toMatchObject({
      message: expect.stringMatching(/^\/state is in use by another process;/) as unknown,
    });
    await store.close();
  });

  it.each([
    ['a process that is gone', '4194999 12345'],
    ['another process of the same id', `${String(process.pid)} 1`],
    ['nobody, as the disk was full', ''],
    ['nobody known', 'rubbish'],
    ['this version, which has ended', describeProcess()],
  ])('does not count where it was left by %s', async (_, content) => {
    const disk = new MemoryDisk();
    disk.put(lockPath, Buffer.from(content));
    await openAndClose(disk);
  });

  it('is not taken from a running vallumd of version 0.3, which does not lock', async () => {
    const disk = new MemoryDisk();
    const [pid, started] = describeProcess().split(' ');
    disk.put(lockPath, Buffer.from(`${String(pid)} ${String(started)}`));
    await expect(openFileStore('/state', { disk })).rejects.toMatchObject({
      message: expect.stringContaining(`in use by process ${String(pid)};`) as unknown,
    });
  });

  it('names its holder as version 0.3 looks for it', async () => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    const [pid, started] = Buffer.from(disk.content(lockPath)).toString().split(' ');
    expect([pid, started]).toEqual(describeProcess().split(' ').slice(0, 2));
    await store.close();
  });

  it('is given back where opening fails after all', async () => {
    const disk = new MemoryDisk();
    disk.fate = ({ name, path }) =>
      name === 'open' && path.endsWith('.journal')
        ? Object.assign(new Error('no'), { code: 'EACCES' })
        : undefined;
    await expect(openFileStore('/state', { disk })).rejects.toMatchObject({
      message:
        'cannot open /state/ledger.journal: no; choose a state folder that this user may write to',
    });
    disk.fate = () => undefined;
    await openAndClose(disk);
  });
});

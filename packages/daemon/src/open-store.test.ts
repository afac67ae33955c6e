import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@vallum/test-kit';
import { openStore } from './open-store.js';

/** A state folder that cannot be made: a file stands in its way. */
function setUp(stateFolder?: string) {
  const place = temporaryFolder();
  const blocked = join(place, 'file');
  writeFileSync(blocked, '');
  const warnings: string[] = [];
  const temporary = join(place, 'tmp');
  mkdirSync(temporary);
  const substitute = join(temporary, `vallumd-${String(process.getuid?.() ?? 0)}-fw1`);
  const open = () =>
    openStore({
      folder: stateFolder ?? join(blocked, 'state'),
      node: 'fw1',
      warn: (message) => warnings.push(message),
      temporaryFolder: temporary,
    });
  return { place, substitute, warnings, open };
}

describe('openStore', () => {
  it('keeps the ledger in a folder of its own where the state folder cannot be used, and says so', async () => {
    const { substitute, warnings, open } = setUp();
    const store = await open();
    expect(store?.durable).toBe(true);
    expect(readdirSync(substitute)).toContain('ledger.journal');
    expect(warnings).toEqual([expect.stringContaining(`kept in ${substitute}`)]);
    await store?.close();
    const again = await open();
    expect(again?.durable).toBe(true);
    await again?.close();
  });

  it('does so where no folder can be made, as below /proc', async () => {
    const { substitute, warnings, open } = setUp('/proc/vallum');
    await (await open())?.close();
    expect(warnings).toEqual([
      expect.stringMatching(
        /^cannot open \/proc\/vallum\/ledger\.journal: ENOENT: no folder can be made in \/proc, .*--state-dir names another folder/,
      ),
    ]);
    expect(existsSync(substitute)).toBe(true);
  });

  it('keeps nothing where nothing is to be kept, without a word', async () => {
    const { warnings } = setUp();
    const warn = (message: string) => warnings.push(message);
    expect(await openStore({ folder: undefined, node: 'fw1', warn })).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it.each([
    [
      'a link to a folder of ours',
      (substitute: string, place: string) => {
        mkdirSync(join(place, 'ours'), { mode: 0o700 });
        symlinkSync(join(place, 'ours'), substitute);
      },
    ],
    [
      'a link into the void',
      (substitute: string, place: string) => {
        symlinkSync(join(place, 'void'), substitute);
      },
    ],
    [
      'a folder that others may write to',
      (substitute: string) => {
        mkdirSync(substitute);
        chmodSync(substitute, 0o777);
      },
    ],
    [
      'a file',
      (substitute: string) => {
        writeFileSync(substitute, 'mine');
      },
    ],
  ])('uses no folder that somebody may have laid out for it: %s', async (_, layOut) => {
    const { place, substitute, warnings, open } = setUp();
    layOut(substitute, place);
    expect(await open()).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('nothing is kept on disk')]);
    for (const folder of [join(place, 'ours'), join(place, 'void')]) {
      expect(existsSync(join(folder, 'ledger.journal'))).toBe(false);
    }
  });
});

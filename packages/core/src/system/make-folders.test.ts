import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@vallum/test-kit';
import { makeFolders } from './make-folders.js';

describe('makeFolders', () => {
  it('makes what is missing, with this mode, and leaves what is there', () => {
    const place = temporaryFolder();
    mkdirSync(join(place, 'there'), { mode: 0o755 });
    symlinkSync('there', join(place, 'link'));
    for (let count = 0; count < 2; count++) makeFolders(join(place, 'link', 'a', 'b'), 0o700);
    const modes = ['there', 'there/a', 'there/a/b'].map(
      (name) => statSync(join(place, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o755, 0o700, 0o700]);
    makeFolders('/', 0o700);
  });

  it.each([
    ['a file', 'file', 'EEXIST'],
    ['a folder below a file', 'file/a/b', 'ENOTDIR'],
    ['a link into the void', 'void', 'EEXIST'],
    ['a folder below a link into the void', 'void/a', 'EEXIST'],
  ])('throws for %s', (_, name, code) => {
    const place = temporaryFolder();
    writeFileSync(join(place, 'file'), '');
    symlinkSync('nowhere', join(place, 'void'));
    expect(faultOf(join(place, name))).toMatchObject({ code });
  });

  it.each(['/proc/vallum', '/proc/vallum/deep'])('says that none can be made at %s', (path) => {
    expect(faultOf(path)).toMatchObject({
      code: 'ENOENT',
      syscall: 'mkdir',
      message: "ENOENT: no folder can be made in /proc, mkdir '/proc/vallum'",
    });
  });
});

function faultOf(path: string): unknown {
  try {
    makeFolders(path, 0o700);
  } catch (error) {
    return error;
  }
  return undefined;
}

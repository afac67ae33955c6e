import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { temporaryFolder } from '@vallum/test-kit';
import { lockFile } from './lock-file.js';

it('takes a file for one, until it is given back, and leaves it there', async () => {
  const path = join(temporaryFolder(), 'lock');
  const unlock = await lockFile(path);
  expect(await lockFile(path)).toBeUndefined();
  unlock?.();
  const again = await lockFile(path);
  expect(again).toBeDefined();
  again?.();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await expect(lockFile(join(path, 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

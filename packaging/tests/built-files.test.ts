import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));
const built = ['core', 'daemon', 'publish-cli'].flatMap((name) => {
  const folder = join(packages, name, 'dist');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => join(folder, file));
});

// V8 keeps a source in memory, and one sign beyond ISO 8859-1 makes every sign of the file two bytes long. The
// build writes such signs of strings as escapes, and leaves comments as they are.
it('no program keeps its source in memory twice as large for a sign in a comment', () => {
  expect(built.length).toBeGreaterThan(10);
  const wide = built.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /[\u0100-\uffff]/.test(line))
      .map((line) => `${file.slice(packages.length + 1)}: ${line.trim()}`),
  );
  expect(wide).toEqual([]);
});

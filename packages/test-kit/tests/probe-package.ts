import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../src/temporary-folder.js';

/** A package with one test file, which may call `suiteNeeding` and `testNeeding`. */
export function makeProbePackage(tests: string): string {
  const folder = temporaryFolder();
  const at = (url: string) => JSON.stringify(fileURLToPath(new URL(url, import.meta.url)));
  writeFileSync(join(folder, 'package.json'), '{ "name": "probe", "type": "module" }');
  writeFileSync(
    join(folder, 'jest.config.mjs'),
    `import base from ${at('../../../jest.config.base.mjs')};
export default {
  ...base,
  roots: ['<rootDir>'],
  transform: { '^.+\\\\.ts$': [${at('../../../node_modules/@swc/jest/index.js')}, base.transform['^.+\\\\.ts$'][1]] },
};`,
  );
  writeFileSync(
    join(folder, 'x.test.ts'),
    `import { expect, it } from '@jest/globals';
import { suiteNeeding, testNeeding } from ${at('../src/suite.ts')};
${tests}`,
  );
  return folder;
}

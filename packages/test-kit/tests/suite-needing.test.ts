import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { runProcess } from '../src/process.js';
import { temporaryFolder } from '../src/temporary-folder.js';

/** A package beside this one whose only suite needs a program that its PATH does not hold. */
function makePackage(): string {
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
import { suiteNeeding } from ${at('../src/suite.ts')};
suiteNeeding(['mosquitto', 'perl'], 'the broker', () => { it('runs', () => { expect(1).toBe(1); }); });
suiteNeeding([], 'nothing special', () => { it('runs', () => { expect(1).toBe(1); }); });`,
  );
  return folder;
}

describe('suiteNeeding', () => {
  const jest = fileURLToPath(new URL('../../../node_modules/jest/bin/jest.js', import.meta.url));
  let folder: string;
  const runJest = (env: Record<string, string>) =>
    runProcess(
      process.execPath,
      ['--experimental-vm-modules', '--no-warnings', jest, '--verbose', '--rootDir', folder],
      { cwd: folder, env: { PATH: '/nonexistent', CI: 'true', ...env } },
    );

  beforeAll(() => {
    folder = makePackage();
  });

  it('skips by name and records why', async () => {
    const log = join(folder, 'skips');
    const { code, stderr } = await runJest({ VALLUM_SKIP_LOG: log, VALLUM_REQUIRE_ALL: '' });
    expect(stderr).toContain('1 skipped, 1 passed');
    expect(code).toBe(0);
    expect(stderr).toContain(
      'the broker [skipped: mosquitto is not installed; perl is not installed]',
    );
    const lines = readdirSync(log).map((name) => readFileSync(join(log, name), 'utf8').trim());
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        package: 'probe',
        file: 'x.test.ts',
        suite: 'the broker',
        missing: [
          { need: 'mosquitto', why: 'mosquitto is not installed' },
          { need: 'perl', why: 'perl is not installed' },
        ],
      },
    ]);
  });

  it('fails instead when everything is required', async () => {
    const { code, stderr } = await runJest({ VALLUM_REQUIRE_ALL: '1' });
    expect(code).toBe(1);
    expect(stderr).toContain('forbids to skip this, but: mosquitto is not installed');
  });
});

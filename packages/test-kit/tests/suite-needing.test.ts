import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { runProcess } from '../src/process.js';
import { makeProbePackage } from './probe-package.js';

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
    folder = makeProbePackage(`
suiteNeeding(['mosquitto', 'perl'], 'the broker', () => { it('runs', () => { expect(1).toBe(1); }); });
suiteNeeding([], 'nothing special', () => {
  it('runs', () => { expect(1).toBe(1); });
  testNeeding(['perl'], 'reads perl', async () => { expect(1).toBe(1); });
});`);
  });

  it('skips by name and records why', async () => {
    const log = join(folder, 'skips');
    const { code, stderr } = await runJest({ VALLUM_SKIP_LOG: log, VALLUM_REQUIRE_ALL: '' });
    expect(stderr).toContain('2 skipped, 1 passed');
    expect(code).toBe(0);
    expect(stderr).toContain(
      'the broker [skipped: mosquitto is not installed; perl is not installed]',
    );
    expect(stderr).toContain('reads perl [skipped: perl is not installed]');
    const lines = readdirSync(log).flatMap((name) =>
      readFileSync(join(log, name), 'utf8').trim().split('\n'),
    );
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
      {
        package: 'probe',
        file: 'x.test.ts',
        suite: 'reads perl',
        missing: [{ need: 'perl', why: 'perl is not installed' }],
      },
    ]);
  });

  it('fails instead when everything is required', async () => {
    const { code, stderr } = await runJest({ VALLUM_REQUIRE_ALL: '1' });
    expect(code).toBe(1);
    expect(stderr).toContain('forbids to skip this, but: mosquitto is not installed');
    expect(stderr).toContain('forbids to skip this, but: perl is not installed');
  });
});

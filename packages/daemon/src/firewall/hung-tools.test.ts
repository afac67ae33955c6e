import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { run as systemRun, type Run } from '@vallum/core/backend';
import { temporaryFolder } from '@vallum/test-kit';
import { mustRun } from './firewall-tool.js';
import { gatherRules } from './gather-rules.js';

/** Every program hangs. */
function hungRun(): Run {
  const program = join(temporaryFolder(), 'hung');
  writeFileSync(program, '#!/bin/sh\nexec sleep 600\n');
  chmodSync(program, 0o755);
  return (_name, args, options) => systemRun(program, args, { ...options, deadlineMs: 200 });
}

describe('a firewall tool that hangs', () => {
  it('is killed, and the setup says so', async () => {
    await expect(mustRun(hungRun(), 'nft', ['list', 'ruleset'])).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
      message: expect.stringMatching(/did nothing for 0\.2 s and was killed/),
    });
  });

  it('is killed, and the doctor names what could not be read, and why', async () => {
    const { failed } = await gatherRules(hungRun());
    expect(failed.map(({ tool }) => tool)).toContain('nft');
    for (const { detail } of failed)
      expect(detail).toMatch(/did nothing for 0\.2 s and was killed/);
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createVallum } from '@vallum/core';
import { backendContract } from '@vallum/core/testing';
import { temporaryFolder, waitFor } from '@vallum/test-kit';
import { createDenyFileBackend } from './deny-file-backend.js';

describe('the contract of every backend, kept by the deny file of docs/writing-a-backend.md', () => {
  const open = async () => {
    const backend = createDenyFileBackend(temporaryFolder(), () => undefined);
    return { backend, dispose: () => backend.close() };
  };
  const options = { types: ['hash:net'], lacks: ['ranges', 'comments', 'test'] } as const;
  for (const { title, run } of backendContract(open, options)) it(title, run);
});

describe('a deny file behind createVallum', () => {
  it('holds what is banned, and is reloaded for the end of a ban', async () => {
    const folder = temporaryFolder();
    let reloads = 0;
    const vallum = await createVallum({
      topics: ['blacklist'],
      backend: createDenyFileBackend(folder, () => (reloads += 1)),
      create: { defaultTimeoutSeconds: 0 },
    });
    try {
      const reports = await vallum.ban(['203.0.113.7', '198.51.100.0/24', '127.0.0.1']);
      await vallum.ban('203.0.113.8', { timeoutSeconds: 1 });
      const file = () => readFile(join(folder, 'blacklist.conf'), 'utf8');

      expect(reports.map(({ outcome }) => outcome)).toEqual(['banned', 'banned', 'refused']);
      expect(await file()).toMatch(
        /^# \{.*\}\ndeny 203\.0\.113\.7;\ndeny 198\.51\.100\.0\/24;\ndeny 203\.0\.113\.8; # \d{13}\n$/,
      );
      const before = reloads;
      await waitFor(async () => !(await file()).includes('203.0.113.8'), {
        what: 'the end of the ban in the file',
      });
      expect(reloads).toBe(before + 1);
    } finally {
      await vallum.close();
    }
  });
});

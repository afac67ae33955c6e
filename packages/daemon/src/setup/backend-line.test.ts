import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeBackendLine } from './backend-line.js';

const yes = () => Promise.resolve(true);

describe('the backend in the configuration file', () => {
  let path: string;
  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'vallum-backend-')), 'vallumd.yaml');
  });
  afterEach(() => {
    rmSync(join(path, '..'), { recursive: true });
  });

  it('stands behind what the administrator wrote', async () => {
    writeFileSync(path, 'topics: [blacklist]');
    expect(await writeBackendLine(path, 'nftables', yes)).toBe(true);
    expect(readFileSync(path, 'utf8')).toMatch(
      /^topics: \[blacklist\]\n[^]*\nbackend: nftables\n$/,
    );
  });

  it('takes no place of a device or a pipe, which --config may name', async () => {
    execFileSync('mkfifo', [path]);
    expect(await writeBackendLine(path, 'nftables', yes)).toBe(false);
    expect(lstatSync(path).isFIFO()).toBe(true);
  });
});

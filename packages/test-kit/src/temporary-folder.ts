import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWithFile } from './leftovers.js';

/** An empty folder that is removed with everything in it at the end of the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vallum-test-'));
  endWithFile(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

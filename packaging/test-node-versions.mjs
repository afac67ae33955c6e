// npm run test:node-versions: the npm packages on every Node.js that they are made for. Fetches what is
// not there, a hundred megabytes a version, and keeps it for a week.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build, install } from '../scripts/prepare.mjs';
import { prepareNodeVersions } from './prepare/node-versions.mjs';

install();
build();
await prepareNodeVersions(fileURLToPath(new URL('.work', import.meta.url)));
const { status } = spawnSync(
  process.execPath,
  [
    fileURLToPath(new URL('../scripts/run-jest.mjs', import.meta.url)),
    ...['--verbose', 'node-versions.long.test.ts', ...process.argv.slice(2)],
  ],
  {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: 'inherit',
    env: { ...process.env, VALLUM_TEST_LONG: '1' },
  },
);
process.exit(status ?? 1);

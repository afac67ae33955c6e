// npm run recording: takes the README's recording anew, where the programs say something else than it
// shows, and draws it. Needs root. Times alone are kept as they are: delete docs/images/recording.json
// to have them taken too.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { picturePages } from './picture-pages.mjs';
import { build, install, root } from './prepare.mjs';

install();
build();
const { status } = spawnSync(
  process.execPath,
  [join(root, 'scripts/run-jest.mjs'), '--runTestsByPath', 'recording.test.ts'],
  {
    cwd: join(root, 'e2e'),
    stdio: 'inherit',
    // What is missing is named, not skipped.
    env: { ...process.env, VALLUM_RECORD: '1', VALLUM_REQUIRE_ALL: '1' },
  },
);
if (status !== 0) process.exit(status ?? 1);
for (const { path, text } of picturePages()) writeFileSync(join(root, path), text);

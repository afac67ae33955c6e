// What `npm start` and `npm test` do first, so that a fresh clone needs no other command.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const quiet = { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' };

/** Runs a program in the root with its output shown; answers its exit code. */
function show(program, args) {
  const result = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...quiet },
  });
  if (result.error) {
    console.error(`cannot start ${program}: ${result.error.message}`);
    return 1;
  }
  return result.status ?? 1;
}

// Straight with Node: the same on every platform, and a line less of npm's own talk.
const turboProgram = join(root, 'node_modules/turbo/bin/turbo');

export function turbo(...args) {
  return show(process.execPath, [turboProgram, ...args]);
}

/** Installs where node_modules is missing, incomplete, or older than the lock file. */
export function install() {
  // npm writes this file last, and touches it at each complete install.
  const installed = modified('node_modules/.package-lock.json');
  if (installed !== undefined && installed >= modified('package-lock.json')) return;
  console.log('Installing dependencies (npm ci) …');
  // npm started by npm inherits its settings, such as a --prefix, through the environment.
  const code = show('npm', ['ci', '--no-audit', '--no-fund']);
  if (code !== 0) stop('npm ci failed: see above; the network or the registry may be away', code);
}

/** Builds every package, and shows what was printed only where that fails. */
export function build(...turboArgs) {
  console.log('Building …');
  const { status, stdout, error } = spawnSync(
    process.execPath,
    [turboProgram, 'run', 'build', '--output-logs=errors-only', ...turboArgs],
    {
      cwd: root,
      env: { ...process.env, ...quiet },
      encoding: 'utf8',
      stdio: ['inherit', 'pipe', 'inherit'],
    },
  );
  if (status === 0) return;
  console.error(stdout ?? error?.message);
  stop('the build failed: see above', status ?? 1);
}

function modified(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs;
}

function stop(message, code) {
  console.error(message);
  process.exit(code);
}

// npm run chaos: a fleet on real kernels behind a real broker, disturbed for as long as wanted.
//   npm run chaos -- 10                ten minutes, in rounds, each with a seed's next plan
//   npm run chaos -- 10 --seed 42      the same plan again; a run that fails prints its seed
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, install, root } from './prepare.mjs';

const argv = process.argv.slice(2);
const seedAt = argv.indexOf('--seed');
const seed = seedAt === -1 ? Math.floor(Math.random() * 2 ** 31) : Number(argv[seedAt + 1]);
const [first = '10'] = argv.filter(
  (_, at) => seedAt === -1 || (at !== seedAt && at !== seedAt + 1),
);
const minutes = Number(first);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('npm run chaos -- MINUTES [--seed NUMBER]');
  process.exit(64);
}

install();
build();
// What is missing is named, not skipped.
const env = {
  ...process.env,
  ...{ VALLUM_CHAOS_MINUTES: String(minutes), VALLUM_CHAOS_SEED: String(seed) },
  VALLUM_REQUIRE_ALL: '1',
};
const { status } = spawnSync(
  process.execPath,
  [join(root, 'scripts/run-jest.mjs'), '--runTestsByPath', 'chaos.test.ts'],
  { cwd: join(root, 'e2e'), stdio: 'inherit', env },
);
process.exit(status ?? 1);

// npm test: installs and builds what a fresh clone lacks, runs the tests of every package, and
// ends with what was skipped and why, and one line of numbers.
//   npm test                          everything
//   npm test -- --filter=@vallum/core one package; whatever else turbo understands
//   npm run test:long                 what takes minutes instead: *.long.test.ts
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { build, install, root, turbo } from './prepare.mjs';

const skipLog = join(root, '.skips');
const resultFile = '.results.json';

const long = process.argv[2] === '--long';
const [turboArgs, jestArgs] = split(process.argv.slice(long ? 3 : 2));
// Most packages have nothing that takes minutes, and give no result then.
const mustAnswer = !long && turboArgs.length === 0;

install();
build(...turboArgs);

const packages = workspaces();
for (const { folder } of packages) {
  rmSync(join(folder, resultFile), { force: true });
}
rmSync(skipLog, { recursive: true, force: true });
mkdirSync(skipLog);
process.env.VALLUM_SKIP_LOG = skipLog;
if (long) process.env.VALLUM_TEST_LONG = '1';

// --only: what is built is built. What stands behind `--` enters turbo's hash of every task, so that
// without it everything would be built a second time. Four packages at once: most tests wait for brokers,
// programs and clocks, and two processors would be idle for most of the time.
let code = turbo(
  ...['run', 'test', '--only', '--continue', '--concurrency=4', '--log-order=grouped'],
  ...turboArgs,
  ...['--', '--json', `--outputFile=${resultFile}`, ...jestArgs],
);
// What the tests leave untouched is only known of whole runs.
if (!long && jestArgs.length === 0) {
  code = turbo('run', 'test:coverage', '--only', ...turboArgs) || code;
}

const total = { passed: 0, failed: 0, skipped: 0 };
const broken = [];
let silent = 0;
for (const { name, folder } of packages) {
  const file = join(folder, resultFile);
  if (!existsSync(file)) {
    silent += 1;
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  for (const suite of report.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status !== 'failed') continue;
      broken.push([`${name}: ${test.fullName}`, ...reasonOf(test)].join('\n      '));
    }
    // A file that cannot be loaded has no tests to count, and must count all the same.
    if (suite.status === 'failed' && suite.assertionResults.length === 0) {
      total.failed += 1;
      broken.push(`${name}: ${suite.name.slice(folder.length + 1)} could not run`);
    }
  }
}

console.log('');
list('Failed:', broken);
const skipped = skippedSuites();
if (skipped.length > 0) list('Suites skipped on this machine:', skipped);
else if (total.skipped === 0) console.log('Suites skipped: none.');
else console.log(`${total.skipped} tests are skipped, and none of them says why.`);
if (code !== 0 && total.failed === 0) {
  console.log(`The run itself failed (exit code ${code}): see above.`);
}
if (silent > 0 && mustAnswer) {
  console.log(`${silent} of ${packages.length} packages gave no result.`);
}
console.log('');
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
const incomplete =
  (silent > 0 && mustAnswer) ||
  // Nothing was run at all.
  total.passed + total.failed + total.skipped === 0 ||
  // Where everything is required, a skip by other means is no better than a missing tool.
  (process.env.VALLUM_REQUIRE_ALL === '1' && total.skipped > 0);
process.exit(code !== 0 ? code : total.failed > 0 || incomplete ? 1 : 0);

/** Every workspace that has tests to run. */
function workspaces() {
  const found = [
    'e2e',
    'examples',
    'packaging',
    ...readdirSync(join(root, 'packages')).map((n) => `packages/${n}`),
  ];
  return found.flatMap((path) => {
    const folder = join(root, path);
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest)) return [];
    const { name, scripts = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
    return scripts.test === undefined ? [] : [{ name, folder }];
  });
}

/** Lines of `suiteNeeding`, each suite once. */
function skippedSuites() {
  const lines = readdirSync(skipLog)
    .flatMap((file) => readFileSync(join(skipLog, file), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => {
      const { package: name, file, suite, missing } = JSON.parse(line);
      const why = [...new Set(missing.map((entry) => entry.why))].join('; ');
      return `${name} ${file}: ${suite}: ${why}`;
    });
  return [...new Set(lines)].sort();
}

/** What was expected and what came, without the code around it: the whole stands far above. */
function reasonOf({ failureMessages: [message = ''] }) {
  const lines = stripVTControlCharacters(message).split('\n');
  const code = lines.findIndex((line) => /^\s+at /.test(line));
  const said = lines.slice(0, code === -1 ? undefined : code).filter((line) => line.trim() !== '');
  return said.length > 15 ? [...said.slice(0, 15), '…'] : said;
}

function list(title, lines) {
  if (lines.length === 0) return;
  console.log(title);
  for (const line of lines) console.log(`  - ${line}`);
}

/** Options before a `--` of their own are turbo's, behind it jest's. */
function split(args) {
  const at = args.indexOf('--');
  return at === -1 ? [args, []] : [args.slice(0, at), args.slice(at + 1)];
}

import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { runProcess } from '@vallum/test-kit';
import { prepared } from './prepared.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const compiler = join(root, 'node_modules/typescript/bin/tsc');

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  module: 'nodenext',
  target: 'es2022',
  types: ['node'],
  allowJs: true,
  checkJs: true,
  // What TypeScript makes of our declarations is the point.
  skipLibCheck: false,
  noEmit: true,
};

/** Pages with programs: each fenced block in js or ts has to stand for itself. */
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...['core', 'daemon', 'publish-cli', 'fail2ban-action'].map(
    (name) => `packages/${name}/README.md`,
  ),
];

function blocks(page: string): { readonly extension: string; readonly code: string }[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^(```+)(js|ts)\n(.*?)^\1$/gms)].map(
    ([, , extension = '', code = '']) => ({ extension, code }),
  );
}

/** A folder whose nearest @vallum packages are the installed tarballs. */
function makeProject(name: string): string {
  const folder = join(prepared('npm'), name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  return folder;
}

const compile = (folder: string, ...options: string[]) =>
  runProcess(process.execPath, [compiler, '-p', folder, ...options], { cwd: folder });

describe('a strict program that uses the npm packages under nodenext', () => {
  let folder: string;

  beforeAll(() => {
    folder = makeProject('strict');
    const examples = readdirSync(join(root, 'examples')).filter(
      (name) => /\.(ts|mjs)$/.test(name) && !/\.test\.ts$|^jest\.config/.test(name),
    );
    for (const name of examples) cpSync(join(root, 'examples', name), join(folder, name));
  });

  it('compiles: the examples, and what the guides show', async () => {
    const shown = pages.flatMap((page) =>
      blocks(page).map(({ extension, code }, index) => {
        const name = `${page.replaceAll('/', '-')}-${String(index)}.${extension}`;
        writeFileSync(join(folder, name), code);
        return name;
      }),
    );
    const { code, stdout } = await compile(folder, '--listFiles');
    const files = stdout.split('\n').filter((line) => line.startsWith('/'));
    const complaints = stdout.split('\n').filter((line) => !line.startsWith('/'));
    expect([complaints.join('\n'), code]).toEqual(['', 0]);
    // That is what was looked at, and it is the tarballs' declarations.
    expect(shown.length).toBeGreaterThanOrEqual(5);
    const own = files.filter((file) => file.startsWith(`${folder}/`)).map((file) => basename(file));
    expect(own).toEqual(expect.arrayContaining([...shown, 'deny-file-backend.ts', 'honeypot.mjs']));
    const core = files.filter((file) => file.endsWith('core/dist/index.d.ts'));
    expect(core).toEqual([join(prepared('npm'), 'node_modules/@vallum/core/dist/index.d.ts')]);
  }, 120_000);

  it('finds declarations behind every door of every package', async () => {
    const scope = join(prepared('npm'), 'node_modules/@vallum');
    const doors = readdirSync(scope).flatMap((name) => {
      const { exports } = JSON.parse(readFileSync(join(scope, name, 'package.json'), 'utf8')) as {
        exports: Record<string, unknown>;
      };
      return Object.keys(exports)
        .filter((door) => !door.endsWith('.json'))
        .map((door) => `@vallum/${join(name, door)}`);
    });
    expect(doors.length).toBeGreaterThanOrEqual(9);
    const program = doors.map((door, index) => `export * as door${String(index)} from '${door}';`);
    const project = makeProject('doors');
    writeFileSync(join(project, 'doors.ts'), program.join('\n'));
    expect(await compile(project)).toMatchObject({ code: 0, stdout: '' });
  }, 120_000);

  it('is told of its mistakes', async () => {
    const project = makeProject('mistaken');
    writeFileSync(
      join(project, 'mistaken.ts'),
      `import { createVallum } from '@vallum/core';
const vallum = await createVallum({ topics: ['a'], origin: 7 });
const [report] = await vallum.ban('192.0.2.1');
console.log(report.outcome);`,
    );
    const { code, stdout } = await compile(project);
    expect(code).not.toBe(0);
    expect(stdout).toContain("mistaken.ts(2,52): error TS2322: Type 'number' is not assignable");
    expect(stdout).toContain("mistaken.ts(4,13): error TS18048: 'report' is possibly 'undefined'");
  }, 120_000);
});

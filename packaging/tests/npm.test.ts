import { readFileSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { runProcess } from '@vallum/test-kit';
import { packageVersion, prepared } from './prepared.js';

const root = new URL('../..', import.meta.url);

describe('the npm packages, packed and installed in a clean folder', () => {
  const run = (command: string, ...args: string[]) =>
    runProcess(join(prepared('npm'), 'node_modules/.bin', command), args);

  it('are all four there, and not links into the clone', () => {
    const scope = join(prepared('npm'), 'node_modules/@vallum');
    expect(readdirSync(scope).sort()).toEqual(['core', 'daemon', 'fail2ban-action', 'publish-cli']);
    for (const name of readdirSync(scope)) {
      expect(realpathSync(join(scope, name))).toBe(join(realpathSync(scope), name));
    }
  });

  // What is in the tarball, so that neither sources nor tests get there, nor anything is forgotten.
  it.each([
    ['core', ['dist']],
    ['daemon', ['bin', 'dist']],
    ['publish-cli', ['bin', 'dist']],
    ['fail2ban-action', ['action.d', 'bin', 'dist']],
  ])('%s carries its pages, and says where it comes from', (name, code) => {
    const folder = join(prepared('npm'), 'node_modules/@vallum', name);
    const read = (file: string) => readFileSync(join(folder, file), 'utf8');
    const pages = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
    expect(readdirSync(folder).filter((entry) => entry !== 'node_modules')).toHaveLength(
      code.length + pages.length,
    );
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([...code, ...pages]));

    expect(read('README.md').split('\n')[0]).toBe(`# @vallum/${name}`);
    expect(read('LICENSE')).toBe(readFileSync(new URL('LICENSE', root), 'utf8'));
    // What npm's pages show has no files beside it to link to.
    const links = ['README.md', 'CHANGELOG.md'].flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target),
    );
    expect(links.length).toBeGreaterThan(2);
    expect(links.filter((link) => !link.startsWith('https://'))).toEqual([]);

    const home = 'https://github.com/vallum/vallum';
    expect(JSON.parse(read('package.json'))).toMatchObject({
      repository: { type: 'git', url: `git+${home}.git`, directory: `packages/${name}` },
      homepage: `${home}/tree/main/packages/${name}#readme`,
      bugs: `${home}/issues`,
      license: 'MIT',
      engines: { node: '>=18.20' },
      keywords: expect.arrayContaining(['ban']),
    });
  });

  it('bring no secrets, maps or tests of this clone', () => {
    const scope = join(prepared('npm'), 'node_modules/@vallum');
    const files = readdirSync(scope, { recursive: true, encoding: 'utf8' });
    expect(files.length).toBeGreaterThan(50);
    const odd = files.filter((file) => /\.test\.|\.map$|\.cache$|(^|\/)\.|tsconfig/.test(file));
    expect(odd).toEqual([]);
    const place = fileURLToPath(root);
    const named = files.filter(
      (file) =>
        /\.(js|ts|json|md)$/.test(file) && readFileSync(join(scope, file), 'utf8').includes(place),
    );
    expect(named).toEqual([]);
  });

  it('run their commands', async () => {
    expect(await run('vallumd', '-V')).toMatchObject({
      code: 0,
      stdout: `vallumd-${packageVersion}\n`,
    });
    const help = await run('vallumd', '--help');
    expect([help.code, help.stdout.slice(0, 15)]).toEqual([0, 'Usage: vallumd ']);
    const dry = await run('vallum-pub', 'add', '192.0.2.7', '--set', 'a', '--dry-run');
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining('192.0.2.7')]);
    const action = await run('vallum-fail2ban-action');
    expect([action.code, action.stdout]).toEqual([0, expect.stringContaining('actionban = ')]);
  });

  it('let a program import core and its parts', async () => {
    const code = `
      const { createVallum, createMemoryBackend } = await import('@vallum/core');
      await import('@vallum/core/mqtt');
      const vallum = await createVallum({ topics: ['a'], backend: createMemoryBackend(), create: {} });
      const [report] = await vallum.ban('192.0.2.7');
      console.log(report.outcome);
      await vallum.close();`;
    const { stdout, stderr } = await runProcess(
      process.execPath,
      ['--input-type=module', '-e', code],
      { cwd: prepared('npm') },
    );
    expect([stdout, stderr]).toEqual(['banned\n', '']);
  });
});

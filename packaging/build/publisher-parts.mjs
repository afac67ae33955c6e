// vallum-pub starts a program that is bundled already, which loads some modules late: see
// docs/decisions/0010-vallum-pub-start.md. Each becomes one file, at the place where it is looked for.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LATE_PACKAGES, LEFT_OUT } from '../../packages/publish-cli/build/loaded-late.mjs';
import { json } from './bundle.mjs';
import { root } from './programs.mjs';

const folder = join(root, 'packages/publish-cli');
const require = createRequire(join(folder, 'package.json'));

export async function publisherParts() {
  const program = readFileSync(join(folder, 'dist/program'), 'utf8');
  const late = [...Object.values(LEFT_OUT), ...LATE_PACKAGES];
  const parts = await Promise.all(late.map((name) => latePart(name)));
  return [
    ...['bin/vallum-pub.js', 'bin/package.json', 'dist/program', `dist/${program}.cjs`].map(
      (path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }),
    ),
    ...parts.flat(),
  ];
}

async function latePart(name) {
  if (name.startsWith('../')) {
    const path = name.slice('../'.length);
    return [{ path, entry: join(folder, path) }];
  }
  const [, owner, subpath] = /^((?:@[^/]+\/)?[^/]+)(\/.+)?$/.exec(name);
  const entry = require.resolve(name);
  const { version, type } = JSON.parse(
    readFileSync(join(root, 'node_modules', owner, 'package.json'), 'utf8'),
  );
  const home = `node_modules/${owner}`;
  const file = type === 'module' ? 'index.js' : 'index.cjs';
  return [
    {
      path: `${home}/package.json`,
      text: json({
        name: owner,
        version,
        ...(type === 'module' ? { type } : {}),
        exports: { [`.${subpath ?? ''}`]: `./${file}` },
      }),
    },
    {
      path: `${home}/${file}`,
      entry,
      ...(type === 'module' ? {} : { names: namesOf(await import(entry)) }),
    },
  ];
}

function namesOf(module) {
  return Object.keys(module).filter((name) => name !== 'default' && /^[A-Za-z_]\w*$/.test(name));
}

// What each program is made of, once it is bundled. Paths are relative to its folder in the package.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LEFT_OUT } from '../../packages/publish-cli/build/loaded-late.mjs';
import { manifestOf, root } from './programs.mjs';

/** What a node loads only when it needs it: V8 keeps in memory all of a file of which anything is loaded. */
const LOADED_LATE = ['aedes', 'mqtt', 'prom-client', 'yaml'];

/**
 * @returns {Promise<{ path: string, text?: string, entry?: string, names?: string[], external?: string[] }[]>}
 *   files as they are (`text`), or bundled from an entry without what is `external`: as CommonJS with
 *   these names, or as ES module
 */
export async function partsOf(program) {
  const { name, version, bin } = manifestOf(program);
  const folder = join(root, program.folder);
  return [
    { path: 'package.json', text: json({ name, version, type: 'module' }) },
    ...(program.name === 'vallum-pub'
      ? await publisherParts(folder)
      : // What the npm package starts is what the Debian package starts.
        await daemonParts(program.main, join(folder, bin[program.name]), folder)),
  ];
}

async function daemonParts(path, entry, folder) {
  const late = await Promise.all(LOADED_LATE.map((name) => packageParts(name, folder)));
  return [{ path, entry, external: LOADED_LATE }, ...late.flat()];
}

/**
 * vallum-pub starts a program that is bundled already: see docs/decisions/0010-vallum-pub-start.md.
 * What that loads late becomes one file each, at the place where it looks for it.
 */
async function publisherParts(folder) {
  const program = readFileSync(join(folder, 'dist/program'), 'utf8');
  const asTheyAre = [
    'bin/vallum-pub.js',
    'bin/code-cache.js',
    'bin/package.json',
    'dist/program',
    `dist/${program}.cjs`,
  ];
  const late = Object.values(LEFT_OUT);
  const parts = await Promise.all(
    late.map((name) =>
      name.startsWith('../')
        ? [{ path: name.slice('../'.length), entry: join(folder, name.slice('../'.length)) }]
        : packageParts(name, folder),
    ),
  );
  return [
    ...asTheyAre.map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') })),
    ...parts.flat(),
  ];
}

/** A package, or one of its exports (`@vallum/core/mqtt`), as a package of one file. */
async function packageParts(specifier, folder) {
  const [, name, subpath = ''] = /^((?:@[^/]+\/)?[^/]+)(\/.+)?$/.exec(specifier);
  const entry = createRequire(join(folder, 'package.json')).resolve(specifier);
  const { version, type } = manifestOf({ folder: join('node_modules', name) });
  const isModule = type === 'module';
  const file = isModule ? 'index.js' : 'index.cjs';
  const manifest = {
    name,
    version,
    ...(isModule ? { type } : {}),
    exports: { [`.${subpath}`]: `./${file}` },
  };
  return [
    { path: `node_modules/${name}/package.json`, text: json(manifest) },
    {
      path: `node_modules/${name}/${file}`,
      entry,
      ...(isModule ? {} : { names: await namesOf(entry) }),
    },
  ];
}

async function namesOf(entry) {
  return Object.keys(await import(entry)).filter(
    (name) => name !== 'default' && /^[A-Za-z_]\w*$/.test(name),
  );
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

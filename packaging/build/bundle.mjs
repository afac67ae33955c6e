// Bundles a program with everything it imports, so that a package needs Node and nothing of npm.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { partsOf } from './parts.mjs';
import { manifestOf, root } from './programs.mjs';

/**
 * @returns {Promise<{ files: { path: string, text: string, executable: boolean }[], packages: string[] }>}
 *   files relative to the program's own folder, and the folders of the npm packages in them
 */
export async function bundle(program, nativePackages) {
  const parts = await partsOf(program);
  const bundled = await Promise.all(
    parts.map((part) => (part.entry === undefined ? part : bundlePart(part, nativePackages))),
  );
  // Debian has its Node at one place (Policy 10.4).
  const interpreter = ['/usr/bin/node', program.nodeOption].filter(Boolean).join(' ');
  const files = bundled.map(({ path, text }) => ({
    path,
    text: text.replace(/^#!.*\n/, `#!${interpreter}\n`),
    executable: path === program.main,
  }));
  const packages = bundled.flatMap(({ metafile }) => (metafile ? packagesIn(metafile) : []));
  return { files, packages: [...new Set(packages)].sort() };
}

async function bundlePart({ path, entry, names, external = [] }, nativePackages) {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    outfile: `/${path}`,
    absWorkingDir: root,
    // One file a part. esbuild's own splitting loses the names that a CommonJS module exports; what is
    // imported when needed still runs only then.
    bundle: true,
    platform: 'node',
    target: 'node18',
    legalComments: 'none',
    metafile: true,
    write: false,
    external: [...nativePackages, ...external],
    plugins: [requireAsImport, loadLate],
    logLevel: 'error',
    ...(names === undefined
      ? { format: 'esm', banner: { js: commonJsNames } }
      : // Where Node, which only reads it, finds the names for import().
        { format: 'cjs', footer: { js: `0 && (module.exports = { ${names.join(', ')} });` } }),
  });
  return { path, text: withoutWideSigns(outputFiles[0].text), metafile };
}

/**
 * V8 keeps a source in memory, and one sign beyond ISO 8859-1 makes every sign of it two bytes long. esbuild writes
 * those of strings as escapes, and leaves those of comments.
 */
function withoutWideSigns(text) {
  return text.replace(
    /[\u0100-\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** CommonJS modules in an ES module: what they expect to be there. */
const commonJsNames = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { fileURLToPath as __fileURLToPath } from 'node:url';",
  'const require = __createRequire(import.meta.url);',
  "const __filename = __fileURLToPath(import.meta.url), __dirname = __fileURLToPath(new URL('.', import.meta.url));",
].join('\n');

/** `createRequire(import.meta.url)('yargs')` would look for node_modules; esbuild bundles `require`. */
const requireAsImport = {
  name: 'require-as-import',
  setup(build) {
    build.onLoad({ filter: /\/packages\/[^/]+\/dist\/.*\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        /\bcreateRequire\w*\(import\.meta\.url\)\((["'][^"']+["'])\)/g,
        'require($1)',
      ),
      loader: 'js',
    }));
  },
};

/**
 * In one file every `import` of what is not in it would run at the start, also of a module that is loaded later or
 * never. These take 5 MB.
 */
const loadLate = {
  name: 'load-late',
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?(?:tls|https?|http2)$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'late' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => ({
      contents: `module.exports = require('${path}');`,
    }));
  },
};

/** Folders of packages below node_modules that are really in the output. */
function packagesIn(metafile) {
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    ),
  );
  const folders = used.flatMap((path) => {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
    return folder === undefined ? [] : [relative(root, join(root, folder))];
  });
  const hasPage = used.some((path) => /\/daemon\/dist\/assets-\w+\.js$/.test(path));
  return [...new Set([...folders, ...(hasPage ? packagesInPage() : [])])];
}

/** They are in strings there, where esbuild does not see them. */
function packagesInPage() {
  const { devDependencies } = manifestOf({ folder: 'packages/page' });
  return Object.keys(devDependencies).map((name) => join('node_modules', name));
}

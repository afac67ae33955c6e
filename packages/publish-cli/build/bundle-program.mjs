// Bundles the program into one CommonJS file beside what tsup has built: see
// docs/decisions/0010-vallum-pub-start.md.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { loadLate } from './load-late.mjs';

const require = createRequire(import.meta.url);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {import('esbuild').BuildOptions} */
const shared = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node18',
  minifySyntax: true,
  minifyWhitespace: true,
  write: false,
};

/** Help and WebSockets. `external` would take `@vallum/core/mqtt/publish` for a part of the latter. */
const leftOutside = {
  name: 'left-outside',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^(@vallum\/core\/mqtt|\.\/help\.js)$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    ),
};

const program = await build({
  ...shared,
  entryPoints: [here('../src/main.ts')],
  // Loaded late or never: configuration files, progress bars.
  external: ['yaml', 'cli-progress'],
  alias: {
    // A duplex stream around the list that mqtt-packet really uses.
    bl: require.resolve('bl/BufferList.js'),
    debug: here('no-debug.cjs'),
  },
  plugins: [loadLate, leftOutside],
  define: { 'import.meta.url': 'thisFile.url' },
  banner: {
    js: "const thisFile = { get url() { return require('node:url').pathToFileURL(__filename).href; } };",
  },
  legalComments: 'none',
  metafile: true,
});
const text = program.outputFiles[0].text;
if (process.argv.includes('--analyse')) console.log(await analyse(program.metafile));

// By its content: V8 tells a stale code cache by the length of the source only.
const name = `program-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
await writeFile(here(`../dist/${name}.cjs`), text);

const launch = await build({
  ...shared,
  entryPoints: [here('../src/launch.ts')],
  define: { PROGRAM: JSON.stringify(name) },
});
await writeFile(here('../dist/launch.cjs'), launch.outputFiles[0].text);

async function analyse(metafile) {
  const { analyzeMetafile } = await import('esbuild');
  return analyzeMetafile(metafile);
}

// Bundles the program into one CommonJS file beside what tsup has built, for bin/vallum-pub.js: see
// docs/decisions/0010-vallum-pub-start.md. `--analyse` prints what is in it.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { analyzeMetafile, build } from 'esbuild';
import { LEFT_OUT } from './loaded-late.mjs';
import { loadLate } from './load-late.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const leftOut = {
  name: 'left-out',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ path, kind }) =>
      kind === 'dynamic-import' && path in LEFT_OUT
        ? { path: LEFT_OUT[path], external: true }
        : undefined,
    );
    // What the daemon's side of core needs goes with its functions, which nobody here calls.
    onResolve({ filter: /^koffi$/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
  },
};

const { metafile, outputFiles } = await build({
  entryPoints: [here('../src/main.ts')],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node18',
  // Not the names: they stand in the trace of a fault, and cost nothing.
  minifySyntax: true,
  minifyWhitespace: true,
  plugins: [leftOut, loadLate],
  define: { 'import.meta.url': 'thisFile.url' },
  banner: {
    js: "const thisFile={get url(){return require('node:url').pathToFileURL(__filename).href}};",
  },
  legalComments: 'none',
  metafile: true,
  write: false,
});

let imports = 0;
const text = outputFiles[0].text.replaceAll('import("', () => {
  imports += 1;
  return 'importLate("';
});
if (imports !== Object.keys(LEFT_OUT).length) {
  throw new Error(`the bundle loads ${imports} modules late, not what LEFT_OUT says`);
}

// The licences of what is bundled would have to come along.
const foreign = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules/'));
if (foreign.length > 0) throw new Error(`the bundle holds other people's code: ${foreign.join()}`);

// `import * as fs` taken apart keeps all of it, and Node 24 warns of its old names at every start.
if (text.includes('F_OK')) throw new Error('the bundle reads every name of node:fs');
if (text.includes('koffi')) throw new Error('the bundle loads the netlink layer');

const name = `program-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
await writeFile(here(`../dist/${name}.cjs`), text);
await writeFile(here('../dist/program'), name);
if (process.argv.includes('--analyse')) console.log(await analyzeMetafile(metafile));

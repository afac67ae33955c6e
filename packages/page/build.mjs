// Makes dist/assets.js: the files of the page as strings, so that whoever bundles the daemon bundles
// the page with it, and no file has to be found at run time.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
const { outputFiles } = await build({
  entryPoints: [join(here, 'src/main.tsx')],
  outdir: '/',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome123', 'firefox128', 'safari17.5'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  write: false,
});
const textOf = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text;

const script = hashed('page', 'js', 'text/javascript; charset=utf-8', licences() + textOf('.js'));
const style = hashed('page', 'css', 'text/css; charset=utf-8', textOf('.css'));
const icon = hashed(
  'icon',
  'svg',
  'image/svg+xml',
  readFileSync(join(here, 'src/icon.svg'), 'utf8'),
);
const html = readFileSync(join(here, 'src/index.html'), 'utf8')
  .replace('page.js', script.name)
  .replace('page.css', style.name)
  .replace('icon.svg', icon.name);
const index = {
  ...{ name: 'index.html', type: 'text/html; charset=utf-8', text: html },
  ...{ hash: hashOf(html), hashed: false },
};

mkdirSync(join(here, 'dist'), { recursive: true });
const assets = JSON.stringify([index, script, style, icon], null, 1);
writeFileSync(join(here, 'dist/assets.js'), `export const assets = ${assets};\n`);

function hashed(stem, ending, type, text) {
  const hash = hashOf(text);
  return { name: `${stem}.${hash}.${ending}`, type, text, hash, hashed: true };
}

function hashOf(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** The MIT licence wants to go with every copy. */
function licences() {
  const manifest = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  const { resolve } = createRequire(import.meta.url);
  return Object.entries(manifest.devDependencies)
    .map(([name, version]) => {
      const folder = dirname(dirname(resolve(name)));
      const licence = readFileSync(join(folder, 'LICENSE'), 'utf8').trim();
      return `/* ${name} ${version}\n\n${licence}\n*/\n`;
    })
    .join('');
}

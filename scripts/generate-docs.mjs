// npm run docs: writes what of the documentation is made from code, so that nothing is said twice:
// the command references from the option tables, the API reference from docstrings, programs shown in
// pages from their files, and pictures from what they show.
//   npm run docs               writes what is stale
//   npm run docs -- --check    writes nothing; fails and names what is stale
// Needs the packages to be built (npm run build).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { apiPages } from './api-pages.mjs';
import { picturePages } from './picture-pages.mjs';
import { root } from './prepare.mjs';
import { openApiPage, referencePages } from './reference-pages.mjs';

/** Pages that show a file: between `<!-- file: PATH -->` and `<!-- end -->`. */
const pagesWithFiles = ['docs/writing-a-backend.md'];

const check = process.argv.includes('--check');
const pages = [
  ...(await referencePages()),
  await openApiPage(),
  ...(await apiPages().catch(stop)),
  ...pagesWithFiles.map(embedFiles),
  ...picturePages(),
];
const stale = pages.filter(({ path, text }) => read(path) !== text);

for (const { path, text } of stale) {
  if (check) {
    console.error(`${path} is stale: npm run docs`);
    continue;
  }
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}
process.exitCode = check && stale.length > 0 ? 1 : 0;

/** Sources with faults: each is named, and no stack of ours is wanted. */
function stop(error) {
  console.error(error.message);
  process.exit(1);
}

function embedFiles(path) {
  const marked = /<!-- file: (\S+) -->\n[^]*?<!-- end -->/g;
  const text = read(path).replace(marked, (_old, file) => {
    const language = file.slice(file.lastIndexOf('.') + 1);
    const code = read(file).trimEnd();
    const fence = code.includes('```') ? '````' : '```';
    const block = `${fence}${language}\n${code}\n${fence}`;
    return `<!-- file: ${file} -->\n\n${block}\n\n<!-- end -->`;
  });
  return { path, text };
}

function read(path) {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

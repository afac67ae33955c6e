// How eslint-plugin-boundaries finds what an import means (eslint-module-utils, interface 2).
// Sources import each other by the name that will exist at run time: `./x.js` is `./x.ts` here.
// Packages stay names ('@vallum/core'): what may import which is decided by name.
const { existsSync } = require('node:fs');
const { isBuiltin } = require('node:module');
const { dirname, resolve } = require('node:path');

exports.interfaceVersion = 2;
exports.resolve = (source, file) => {
  if (isBuiltin(source)) return { found: true, path: null };
  if (!source.startsWith('.')) return { found: false };
  const target = resolve(dirname(file), source);
  const candidates = ['.ts', '.tsx']
    .map((ending) => target.replace(/\.js$/, ending))
    .concat(target, `${target}.ts`);
  const path = candidates.find((candidate) => existsSync(candidate)) ?? candidates[0];
  return { found: true, path };
};

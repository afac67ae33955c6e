import { createRequire, isBuiltin } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * An esbuild plugin that loads Node's own modules when something of them is used for the first time. An ES module imports `node:tls` at its head whether or not the connection is
 * encrypted, and 5 ms are gone.
 *
 * @type {import('esbuild').Plugin}
 */
export const loadLate = {
  name: 'load-late',
  setup(build) {
    const namespace = 'load-late';
    build.onResolve({ filter: /^[^.]/ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path)
        ? { path, namespace, sideEffects: false }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: lateFunctions(path),
      resolveDir: import.meta.dirname,
    }));
  },
};

/** A module of functions, each of which stands in for one of the same name; unused ones are dropped. */
function lateFunctions(path) {
  return namesIn(path)
    .map((name) => lateExport(name, `require('${path}').${name}`, require(path)[name]))
    .join('');
}

function lateExport(name, original, value) {
  if (typeof value === 'function') {
    return `export function ${name}(...args) {
      return new.target ? new (${original})(...args) : ${original}(...args);
    }\n`;
  }
  return Array.isArray(value)
    ? // Good for `...rootCertificates`; as it is, it would have to be there at once.
      `export const ${name} = { [Symbol.iterator]: () => ${original}[Symbol.iterator]() };\n`
    : `export const ${name} = /* @__PURE__ */ (() => ${original})();\n`;
}

function namesIn(path) {
  return Object.keys(require(path)).filter((name) => /^[A-Za-z]\w*$/.test(name));
}

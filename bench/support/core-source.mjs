// What @vallum/core does not export, for simulations: its source, bundled as it is.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../packages/core/src/', import.meta.url));

/** @param files below packages/core/src; @returns all that they export */
export async function loadCore(files) {
  const { outputFiles } = await build({
    stdin: {
      contents: files.map((file) => `export * from './${file}';`).join('\n'),
      resolveDir: source,
    },
    ...{ bundle: true, write: false, format: 'esm', platform: 'node', target: 'node18' },
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './programs.mjs';

let loaded;

/** The options package is private and has no build of its own. */
export function loadRenderers() {
  loaded ??= load();
  return loaded;
}

async function load() {
  // Inside the clone, where its imports find their packages.
  const folder = mkdtempSync(join(root, 'node_modules/.vallum-options-'));
  try {
    const outfile = join(folder, 'index.mjs');
    await build({
      stdin: {
        contents: ['manual', 'bash-completion', 'fish-completion', 'zsh-completion']
          .map((name) => `export * from './${name}.js';`)
          .join('\n'),
        resolveDir: join(root, 'packages/options/src'),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      outfile,
      logLevel: 'error',
    });
    return await import(outfile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

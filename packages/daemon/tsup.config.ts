import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/main.ts'],
  format: 'esm',
  target: 'node18',
  dts: { entry: 'src/index.ts', resolve: ['@vallum/options', '@vallum/doctor'] },
  clean: true,
  // Private: it is published as a part of each program.
  noExternal: ['@vallum/options', '@vallum/doctor', '@vallum/page'],
  // tsup takes only dependencies that are not optional for external by itself.
  external: ['koffi'],
});

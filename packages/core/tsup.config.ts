import { defineConfig } from 'tsup';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/backend/index.ts',
    'src/message/index.ts',
    'src/mqtt/index.ts',
    'src/mqtt/publish.ts',
    'src/testing/index.ts',
  ],
  format: 'esm',
  target: 'node18',
  dts: true,
  clean: true,
  splitting: true,
  // tsup takes only dependencies that are not optional for external by itself.
  external: ['koffi'],
});

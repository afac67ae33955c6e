import { defineConfig } from 'tsup';

/** The library's face and what the program loads late; the program itself: build/bundle-program.mjs. */
export default defineConfig({
  entry: [
    'src/index.ts',
    'src/help.ts',
    'src/doctor.ts',
    'src/import-fail2ban.ts',
    'src/confirm.ts',
    'src/why.ts',
    'src/protect/run-protect.ts',
    'src/sync/run-sync.ts',
    'src/list-leases.ts',
    'src/spool/spool.ts',
  ],
  format: 'esm',
  target: 'node18',
  dts: { entry: 'src/index.ts', resolve: ['@vallum/options', '@vallum/doctor'] },
  clean: true,
  // Private: it is published as a part of each program.
  noExternal: ['@vallum/options', '@vallum/doctor'],
});

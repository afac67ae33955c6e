// What stays outside the bundle, since most runs do without. Packagers need it: packaging/.

/** What the program import()s: as src/ calls it, and as it is seen from bin/. */
export const LEFT_OUT = {
  './help.js': '../dist/help.js',
  './doctor.js': '../dist/doctor.js',
  './sync/run-sync.js': '../dist/sync/run-sync.js',
  './import-fail2ban.js': '../dist/import-fail2ban.js',
  './list-leases.js': '../dist/list-leases.js',
  './spool.js': '../dist/spool/spool.js',
  './confirm.js': '../dist/confirm.js',
  './why.js': '../dist/why.js',
  './protect/run-protect.js': '../dist/protect/run-protect.js',
  '@vallum/core/mqtt': '@vallum/core/mqtt',
  yaml: 'yaml',
  'cli-progress': 'cli-progress',
};

import { createRequire } from 'node:module';

/**
 * `node:tls`, loaded where TLS is spoken: its list of authorities alone takes a megabyte and 5 ms, and most
 * nodes reach their broker without. It has to be there at once, which `import()` is not.
 */
export function loadTls(): typeof import('node:tls') {
  return createRequire(import.meta.url)('node:tls') as typeof import('node:tls');
}

import type { Renewal } from './element-batch.js';

/**
 * How adding an element again renews its end: Linux 6.12 and later do so when told ("netfilter:
 * nf_tables: set element timeout update support"); before, it has to be taken out and put back in
 * the same transaction, at three times the cost. A kernel with that change brought back takes the
 * second way, which works everywhere.
 *
 * @param release such as `6.1.0-18-amd64`
 */
export function renewalOf(release: string): Renewal {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  return major > 6 || (major === 6 && minor >= 12) ? 'update' : 'replace';
}

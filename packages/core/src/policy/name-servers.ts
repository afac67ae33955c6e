import { parseAddress } from '../address/parse.js';
import type { ProtectedEntry } from './protect-list.js';

/**
 * Reads a resolv.conf: `nameserver 192.0.2.53`; a zone id (`fe80::1%eth0`) names the link, not
 * another host.
 */
export function nameServers(text: string): ProtectedEntry[] {
  return [...text.matchAll(/^\s*nameserver\s+([^\s%]+)/gm)].flatMap(([, server]) => {
    const parsed = parseAddress(server ?? '');
    return parsed.ok ? [{ address: parsed.value, because: 'name server' }] : [];
  });
}

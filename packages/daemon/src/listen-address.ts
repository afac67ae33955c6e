import { isIP, isIPv6 } from 'node:net';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `1883`, `127.0.0.1:1883`, `localhost:1883` or `[::1]:1883`. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/i.exec(text);
  const [, bracketed, name, digits] = match ?? [];
  const port = Number(digits);
  if (digits === undefined || port < 1 || port > 65_535) return undefined;
  if (bracketed !== undefined && !isIPv6(bracketed)) return undefined;
  return { host: bracketed ?? name ?? '127.0.0.1', port };
}

/** True where only programs of this machine can connect. */
export function isLoopback(host: string): boolean {
  return isIP(host) === 4 ? host.startsWith('127.') : ['localhost', '::1'].includes(host);
}

/** Where the daemon itself reaches what listens there: a wildcard is no address to connect to. */
export function connectHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return isIPv6(host) && /^[0:]+$/.test(host) ? '::1' : host;
}

import { lookup } from 'node:dns';
import { isIPv4 } from 'node:net';

/** All addresses of a host name, in the order in which they are to be tried. */
export function lookUp(host: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, found) => {
      if (error === null) resolve(found.map(({ address }) => address));
      else reject(error);
    });
  });
}

/** `isIP` spends 5 ms on the regular expression for IPv6 (Node up to 22); no name holds a colon. */
export function isLiteral(host: string): boolean {
  return host.includes(':') || isIPv4(host);
}

/** `fe80::1%eth0` is an address and the way to it. */
export function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}

/** For a resolver that answers with nothing, or not in time: as Node says it. */
export function notFound(host: string, code: 'ENOTFOUND' | 'EAI_AGAIN'): Error {
  return Object.assign(new Error(`lookup ${code} ${host}`), { code });
}

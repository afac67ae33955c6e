import { quote } from '@vallum/options';
import {
  readCertificate,
  readPem,
  type CertificateFiles,
} from '../embedded-broker/listen-certificate.js';
import { isLoopback, parseListenAddress, type ListenAddress } from '../listen-address.js';
import type { DaemonValues } from '../settings.js';
import { readToken } from './token-file.js';

/** Where HTTP is answered, and whom. */
export interface HttpSettings {
  readonly address: ListenAddress;
  /** undefined: no token is asked for. */
  readonly tokenFile: string | undefined;
  /** undefined: no TLS. */
  readonly certificate: CertificateFiles | undefined;
  /** undefined: no certificate of the client is asked for. */
  readonly clientCaFile: string | undefined;
}

type Refuse = (name: keyof DaemonValues, problem: string) => never;

const PARTS = ['http-token-file', 'http-cert', 'http-key', 'http-client-ca'] as const;
export const HTTP_FILES = { certFile: '--http-cert', keyFile: '--http-key' };

/** @param refuse refuses a value, naming where it came from */
export function readHttp(
  values: Pick<DaemonValues, 'http' | (typeof PARTS)[number]>,
  refuse: Refuse,
): HttpSettings | undefined {
  if (values.http === undefined) {
    for (const name of PARTS) {
      if (values[name] !== undefined) refuse(name, 'belongs to --http, which is not given');
    }
    return undefined;
  }
  const address = parseListenAddress(values.http);
  if (address === undefined) {
    return refuse('http', `is ${quote(values.http)}; write 9479, 127.0.0.1:9479 or [::1]:9479`);
  }
  const tokenFile = values['http-token-file'];
  const clientCaFile = values['http-client-ca'];
  const [certFile, keyFile] = [values['http-cert'], values['http-key']];
  if (certFile !== undefined && keyFile === undefined) {
    return refuse('http-cert', 'needs the key of the certificate: --http-key FILE');
  }
  if (keyFile !== undefined && certFile === undefined) {
    return refuse('http-key', 'needs the certificate of the key: --http-cert FILE');
  }
  if (clientCaFile !== undefined && certFile === undefined) {
    return refuse('http-client-ca', 'needs TLS: --http-cert and --http-key');
  }
  if (!isLoopback(address.host) && tokenFile === undefined && clientCaFile === undefined) {
    return refuse(
      'http',
      `is ${quote(values.http)}, which other machines reach: --http-token-file or --http-client-ca has ` +
        'to say who may ask, or leave out the host for 127.0.0.1',
    );
  }
  const certificate =
    certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
  return { address, tokenFile, certificate, clientCaFile };
}

/** @throws VallumError `INVALID_ARGUMENT` for a file that cannot be used */
export function httpWarnings(settings: HttpSettings): string[] {
  const { address, tokenFile, certificate, clientCaFile } = settings;
  if (tokenFile !== undefined) readToken(tokenFile);
  if (clientCaFile !== undefined) readPem(clientCaFile, '--http-client-ca', 'CERTIFICATE');
  const warning = certificate && readCertificate(certificate, HTTP_FILES).warning;
  const warnings = warning === undefined ? [] : [warning];
  if (!isLoopback(address.host) && certificate === undefined) {
    warnings.push(
      `--http ${address.host} speaks without TLS: the token can be read on the way; --http-cert and ` +
        '--http-key encrypt it',
    );
  }
  return warnings;
}

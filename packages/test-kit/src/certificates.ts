import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { mustRun } from './process.js';

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

export interface CertificateOptions {
  /** Beside localhost, 127.0.0.1 and ::1, what the server's certificate is for. */
  readonly names?: readonly string[];
  /** Common name of the client's certificate; default `client`. */
  readonly clientName?: string;
}

/** Makes a certificate authority of its own in the folder, and one server and one client of it. */
export async function makeCertificates(
  folder: string,
  options: CertificateOptions = {},
): Promise<Certificates> {
  const at = (name: string) => join(folder, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await mustRun('openssl', [
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=Vallum test CA'],
    ...['-keyout', at('ca.key'), '-out', at('ca.crt')],
  ]);

  const issue = async (file: string, commonName: string, extensions: readonly string[]) => {
    await writeFile(at(`${file}.ext`), extensions.join('\n') + '\n');
    await mustRun('openssl', [
      ...['req', '-new', ...newKey, '-subj', `/CN=${commonName}`],
      ...['-keyout', at(`${file}.key`), '-out', at(`${file}.csr`)],
    ]);
    await mustRun('openssl', [
      ...['x509', '-req', '-days', '2', '-in', at(`${file}.csr`), '-out', at(`${file}.crt`)],
      ...['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial'],
      ...['-extfile', at(`${file}.ext`)],
    ]);
  };
  const names = ['localhost', '127.0.0.1', '::1', ...(options.names ?? [])];
  const alternatives = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`);
  await issue('server', 'localhost', [
    `subjectAltName=${alternatives.join(',')}`,
    'extendedKeyUsage=serverAuth',
  ]);
  await issue('client', options.clientName ?? 'client', ['extendedKeyUsage=clientAuth']);
  return {
    ca: at('ca.crt'),
    serverCert: at('server.crt'),
    serverKey: at('server.key'),
    clientCert: at('client.crt'),
    clientKey: at('client.key'),
  };
}
